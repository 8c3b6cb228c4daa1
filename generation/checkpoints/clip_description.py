"""What neither the names nor the shapes of CLIP's weights say, from the JSON beside them: data, checked and bounded."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from generation.checkpoints.clip_names import TRANSFORMERS
from generation.checkpoints.description import No, Open, Strict
from generation.errors import CheckpointError
from generation.limits import complaint, real, should_be, whole

MAX_BYTES = 1 << 17
"""Of a JSON. Those that are published have less than a tenth of it."""
Colours = Annotated[tuple[Annotated[float, real(0, 1)], ...], Field(min_length=3, max_length=3)]
Deviations = Annotated[tuple[Annotated[float, real(0.01, 1)], ...], Field(min_length=3, max_length=3)]
Count = Annotated[int, whole(1, 128)]
Epsilon = Annotated[float, should_be("1e-05", lambda value: value == 1e-5)]
D = TypeVar("D", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class CLIPDescription:
    """What there is to know of a CLIP beside its weights; None where nothing says it.

    Args:
        quick_gelu: whether its activations are openai-clip's approximation, or GELU itself.
        vision_heads: heads of attention of a vision transformer.
        head_width: channels of each of them, which OpenCLIP says instead.
        text_heads: heads of the text encoder.
        mean: of the colours that it was trained with, in [0, 1].
        std: their standard deviation.
    """

    quick_gelu: bool | None = None
    vision_heads: int | None = None
    head_width: int | None = None
    text_heads: int | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None


class OpenCLIPVision(Strict):
    """OpenCLIP's ``vision_cfg``: what the weights say, what is for training, and what openai-clip's encoder can do."""

    image_size: Any = None
    layers: Any = None
    width: Any = None
    patch_size: Any = None
    mlp_ratio: Any = None
    patch_dropout: Any = None
    output_tokens: Any = None
    head_width: Annotated[int, whole(8, 1024)] = 64
    pool_type: Literal["tok"] = "tok"
    pos_embed_type: Literal["learnable"] = "learnable"
    global_average_pool: No = False
    attentional_pool: No = False
    no_ln_pre: No = False
    final_ln_after_pool: No = False
    input_patchnorm: No = False
    ls_init_value: None = None


class OpenCLIPText(Strict):
    """OpenCLIP's ``text_cfg``, likewise."""

    context_length: Any = None
    vocab_size: Any = None
    width: Any = None
    layers: Any = None
    mlp_ratio: Any = None
    output_tokens: Any = None
    heads: Count = 8
    pool_type: Literal["argmax"] = "argmax"
    proj_type: Literal["linear"] = "linear"
    proj_bias: No = False
    no_causal_mask: No = False
    embed_cls: No = False
    ls_init_value: None = None


class OpenCLIPModel(Strict):
    """OpenCLIP's ``model_cfg``."""

    embed_dim: Any = None
    vision_cfg: OpenCLIPVision = OpenCLIPVision()
    text_cfg: OpenCLIPText = OpenCLIPText()
    quick_gelu: bool = False
    custom_text: Any = None
    init_logit_scale: Any = None
    init_logit_bias: None = None


class OpenCLIPPictures(Open):
    """OpenCLIP's ``preprocess_cfg``."""

    mean: Colours | None = None
    std: Deviations | None = None


class OpenCLIPConfig(Open):
    """``open_clip_config.json``."""

    model_cfg: OpenCLIPModel
    preprocess_cfg: OpenCLIPPictures = OpenCLIPPictures()

    def description(self) -> CLIPDescription:
        """Return what is said."""
        model, pictures = self.model_cfg, self.preprocess_cfg
        return CLIPDescription(
            model.quick_gelu,
            None,
            model.vision_cfg.head_width,
            model.text_cfg.heads,
            pictures.mean,
            pictures.std,
        )


class TransformersText(Open):
    """transformers' ``text_config``, with its defaults."""

    hidden_act: Literal["quick_gelu", "gelu"] = "quick_gelu"
    num_attention_heads: Count = 8
    layer_norm_eps: Epsilon = 1e-5


class TransformersVision(Open):
    """transformers' ``vision_config``, likewise."""

    hidden_act: Literal["quick_gelu", "gelu"] = "quick_gelu"
    num_attention_heads: Count = 12
    layer_norm_eps: Epsilon = 1e-5


class TransformersConfig(Open):
    """``config.json`` of transformers' ``CLIPModel``."""

    model_type: Literal["clip"]
    text_config: TransformersText = TransformersText()
    vision_config: TransformersVision = TransformersVision()


class TransformersPictures(Open):
    """``preprocessor_config.json`` of transformers."""

    image_mean: Colours | None = None
    image_std: Deviations | None = None


def describe_clip(weights: Path, known: str) -> CLIPDescription:
    """Read the JSON beside the weights of a CLIP, if there is one: of their name, or of the name that its kind has.

    Args:
        weights: their path.
        known: by which tensor of `generation.checkpoints.clip_names` they were known, which tells the kind of JSON.

    Raises:
        CheckpointError: it is damaged, or describes what openai-clip's ``CLIP`` cannot be.
    """
    own = weights.with_suffix(".json")
    if known == TRANSFORMERS:
        return _of_transformers(weights, own)
    found = _read(own, OpenCLIPConfig) or _read(weights.with_name("open_clip_config.json"), OpenCLIPConfig)
    return found.description() if found else CLIPDescription()


def _of_transformers(weights: Path, own: Path) -> CLIPDescription:
    path, pictures = own, TransformersPictures()
    config = _read(own, TransformersConfig)
    if config is None:
        path = weights.with_name("config.json")
        config = _read(path, TransformersConfig)
        pictures = _read(weights.with_name("preprocessor_config.json"), TransformersPictures) or pictures
    if config is None:
        return CLIPDescription(mean=pictures.image_mean, std=pictures.image_std)
    text, vision = config.text_config, config.vision_config
    if text.hidden_act != vision.hidden_act:
        raise CheckpointError.of(path, "cannot be used: hidden_act should be the same for text and pictures")
    return CLIPDescription(
        text.hidden_act == "quick_gelu",
        vision.num_attention_heads,
        None,
        text.num_attention_heads,
        pictures.image_mean,
        pictures.image_std,
    )


def _read(path: Path, kind: type[D]) -> D | None:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CheckpointError.of(path, f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise CheckpointError.of(path, f"cannot be used: it has more than {MAX_BYTES >> 10} kB")
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise CheckpointError.of(path, f"cannot be read as JSON: {first['ctx']['error']}") from None
        raise CheckpointError.of(path, f"cannot be used: {complaint(first)}") from None
