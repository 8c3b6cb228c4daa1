"""Which weights paint and judge, where none are named and by name."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from config.settings.section import Section

MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
DEFAULT_MODEL = "default"
"""Name of the model that is used where none is named."""
Precision = Literal["auto", "float32", "bfloat16", "float16"]


def expanded(paths: str | None) -> str | None:
    """Return paths that ``+`` joins with home directories in the place of ``~``."""
    try:
        return paths and "+".join(path and str(Path(path).expanduser()) for path in paths.split("+"))
    except RuntimeError:
        raise PydanticCustomError("home", "begins with ~, but there is no such home directory") from None


class ModelSettings(Section):
    """Which weights paint and judge."""

    vqgan: str = Field(
        default="pocket",
        description="`pocket`, a name from `easel models list`, or the path of a taming-transformers YAML with its "
        "`.ckpt` or `.safetensors` beside it, or of these",
        min_length=1,
    )
    vqgan_config: Path | None = Field(
        default=None, description="The path of the VQGAN's YAML, where it does not lie beside its weights"
    )
    clip: str = Field(
        default="pocket",
        description="`pocket`, a name from `easel models list`, or the path of a CLIP file; several with `+` between "
        "them judge together",
        min_length=1,
    )
    biggan: str = Field(
        default="pocket",
        description="`pocket`, a name from `easel models list`, or the path of the JSON or the weights of a "
        "BigGAN-deep, by which `--painter biggan` paints",
        min_length=1,
    )
    vgg: str | None = Field(
        default=None,
        description="The path of the weights of a VGG-19 as torchvision has it, by which `--painter neural-style` "
        "paints; there is no such painter when none is named",
        min_length=1,
    )
    precision: Precision = Field(
        default="auto",
        description="What the networks compute in: `auto` for bfloat16 on devices that are made for it, else float32; "
        "or `float32`, `bfloat16`, `float16`",
    )

    _home_is_known = field_validator("vqgan", "clip", "biggan", "vgg")(expanded)


class NamedModelSettings(Section):
    """Weights that members choose by a name. What is not said is as it is without a name."""

    vqgan: str | None = Field(default=None, description="As `models.vqgan`", min_length=1)
    vqgan_config: Path | None = Field(default=None, description="As `models.vqgan_config`, of this VQGAN")
    clip: str | None = Field(default=None, description="As `models.clip`", min_length=1)
    biggan: str | None = Field(default=None, description="As `models.biggan`", min_length=1)
    vgg: str | None = Field(default=None, description="As `models.vgg`", min_length=1)
    precision: Precision | None = Field(default=None, description="As `models.precision`")

    _home_is_known = field_validator("vqgan", "clip", "biggan", "vgg")(expanded)


class ModelsSettings(ModelSettings):
    """The weights that are used where none are named, and others by their names."""

    more: dict[str, NamedModelSettings] = Field(
        default={},
        description="Further models, by the names by which members choose them: `{faces: {vqgan: …, clip: …}}`, where "
        "what is not said is as above",
    )

    @field_validator("more")
    @classmethod
    def _names_are_plain(cls, more: dict[str, NamedModelSettings]) -> dict[str, NamedModelSettings]:
        if not all(MODEL_NAME.fullmatch(name) and name != DEFAULT_MODEL for name in more):
            raise PydanticCustomError(
                "names",
                "should have names of 1 to 32 small letters, digits and hyphens, other than " + DEFAULT_MODEL,
            )
        return more

    @property
    def names(self) -> tuple[str, ...]:
        """What members choose from, that which is used where none is named first."""
        return (DEFAULT_MODEL, *self.more)

    def named(self, name: str) -> ModelSettings:
        """Return the settings of the model of a name; raises ``KeyError``."""
        usual = ModelSettings(**{key: getattr(self, key) for key in ModelSettings.model_fields})
        if name == DEFAULT_MODEL:
            return usual
        said = {key: value for key, value in dict(self.more[name]).items() if value is not None}
        if "vqgan" in said:
            usual = usual.model_copy(update={"vqgan_config": None})
        return usual.model_copy(update=said)
