"""What the YAML of a model says: taming's ``model`` section, and ours. Nothing else in it is looked at.

Nothing is interpolated, no tag is obeyed, and everything is checked before a network is built from it.
"""

import json
import re
from collections.abc import Sequence, Set
from operator import not_
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from generation.errors import CheckpointError
from generation.limits import STRICT, complaint, should_be, whole
from generation.recipe import Recipe

MAX_BYTES = 1 << 20
MAX_NODES = 20_000
"""Values, lists and mappings, with each that is repeated by an alias counted each time."""
MAX_DEPTH = 20
MAX_SCALAR = 1000
"""Characters of a value; some numbers take time in proportion to the square of theirs."""
CONTAINERS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
GUMBEL_TARGET = "GumbelVQ"
VQGAN_TARGETS = ("VQModel", GUMBEL_TARGET)
FIRST_STAGE = "first_stage_config"
"""Under which taming's second stage describes the VQGAN that it writes codes for."""
No = Annotated[bool, should_be("false", not_)]
M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """Has these keys and no others."""

    model_config = STRICT


class Open(BaseModel):
    """Has more keys, which are for training."""

    model_config = ConfigDict(strict=True, extra="ignore")


class DDConfig(Strict):
    """Encoder and decoder, as taming describes them; of options that others have added, what taming does."""

    ch: Annotated[int, should_be("a multiple of 32 up to 1024", lambda ch: 0 < ch <= 1024 and ch % 32 == 0)]
    ch_mult: Annotated[list[Annotated[int, whole(1, 64)]], Field(min_length=1, max_length=8)]
    num_res_blocks: Annotated[int, whole(0, 16)]
    attn_resolutions: Annotated[list[Annotated[int, whole(1, 65536)]], Field(max_length=16)]
    resolution: Annotated[int, whole(1, 65536)]
    z_channels: Annotated[int, whole(1, 4096)]
    in_channels: Literal[3]
    out_ch: Literal[3]
    double_z: No
    dropout: float = 0.0
    resamp_with_conv: Annotated[bool, should_be("true", bool)] = True
    give_pre_end: No = False
    attn_type: Literal["vanilla"] = "vanilla"
    use_linear_attn: No = False

    def for_taming(self) -> dict[str, Any]:
        """Return the arguments of taming's ``Encoder`` and ``Decoder``."""
        return self.model_dump(exclude={"attn_type", "use_linear_attn"})


class VQGANParams(Open):
    """Shape of a VQGAN.

    Among what is not looked at is ``remap``, the path of a table of new numbers for the codes, for the second stage:
    pictures do not depend on it.
    """

    embed_dim: Annotated[int, whole(1, 4096)]
    n_embed: Annotated[int, whole(1, 1 << 20)]
    ddconfig: DDConfig


class VQGANDescription(Open):
    """The YAML of a VQGAN."""

    target: Annotated[str, Field(validation_alias=AliasPath("model", "target"))]
    params: Annotated[VQGANParams, Field(validation_alias=AliasPath("model", "params"))]
    recipe: Recipe = Recipe()

    @property
    def gumbel(self) -> bool:
        """Whether the codes were learnt by Gumbel-softmax."""
        return _class(self.target) == GUMBEL_TARGET

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.gumbel and self.params.embed_dim != self.params.ddconfig.z_channels:
            raise PydanticCustomError("gumbel", "should have z_channels as its embed_dim, being a GumbelVQ")
        return self


def describe_vqgan(path: Path) -> VQGANDescription:
    """Read the YAML of a VQGAN.

    Raises:
        CheckpointError: it is not one, or describes what cannot be painted with.
    """
    return described(path, VQGANDescription, VQGAN_TARGETS, "recipe")


def described(path: Path, kind: type[M], targets: Sequence[str], *sections: str) -> M:
    """Read the section ``model`` of a YAML and some others.

    Args:
        path: of the YAML.
        kind: what they should hold.
        targets: classes of which the model should be one, or its first stage, without what stands before the last dot.
        sections: names of the others.

    Raises:
        CheckpointError: it does not hold that.
    """
    try:
        found = _read(path, {"model", *sections})
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        problem = error.problem if isinstance(error, yaml.MarkedYAMLError) else str(error).partition("\n")[0]
        raise CheckpointError.of(path, f"cannot be read as YAML: {problem or type(error).__name__}") from error
    named = _target(found.get("model"))
    if named is None:
        raise CheckpointError.of(path, "does not describe a model: model.target is missing")
    params = found["model"].get("params")
    first_stage = params.get(FIRST_STAGE) if isinstance(params, dict) else None
    if _class(named) not in targets and _class(_target(first_stage) or "") in targets:
        found["model"] = first_stage
    elif _class(named) not in targets:
        wanted = " or ".join(targets)
        raise CheckpointError.of(path, f"describes a {named[:100]}; model.target should be a {wanted} of taming")
    try:
        return kind.model_validate_json(json.dumps(found, default=str))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise CheckpointError.of(path, f"cannot be used: {complaint(first)}") from None


def _target(model: Any) -> str | None:
    """Return of which class a model is, by its full name, if that is said."""
    named = model.get("target") if isinstance(model, dict) else None
    return named if isinstance(named, str) else None


def _class(target: str) -> str:
    return target.rpartition(".")[2]


class _Loader(yaml.SafeLoader):
    """Reads numbers such as ``1e-3`` as numbers, as YAML 1.2 and OmegaConf do."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+\Z"), list("-+0123456789.")
)


def _read(path: Path, names: Set[str]) -> dict[str, Any]:
    """Return the sections of a file that have these names, those that are there, as plain values."""
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES >> 20} MB")
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise ValueError("it should hold key: value lines")
        plain = _Plain(loader)
        return {
            key.value: plain.value(value, 1)
            for key, value in root.value
            if isinstance(key, yaml.ScalarNode) and key.value in names
        }
    finally:
        loader.dispose()


class _Plain:
    """Turns nodes into plain values, a bounded number of them: aliases can make few lines into very many."""

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._left = MAX_NODES

    def value(self, node: yaml.Node, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise ValueError("it holds too many values, or too deep ones")
        if not isinstance(node, yaml.ScalarNode) and node.tag not in CONTAINERS:
            raise ValueError(f"the tag {node.tag} is not known")
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, depth + 1) for each in node.value]
        if not isinstance(node, yaml.MappingNode):
            return self._scalar(node)
        keys = [key.value if isinstance(key, yaml.ScalarNode) else None for key, _ in node.value]
        if None in keys or len(set(keys)) < len(keys):
            raise ValueError("a key is there twice, or is no text")
        return {key: self.value(each, depth + 1) for key, (_, each) in zip(keys, node.value, strict=True)}

    def _scalar(self, node: yaml.Node) -> Any:
        if len(node.value) > MAX_SCALAR:
            raise ValueError(f"a value has more than {MAX_SCALAR} characters")
        try:
            return self._loader.construct_object(node)
        except yaml.YAMLError:
            raise
        except Exception as error:
            # The constructors of PyYAML fail in more ways than it has names for.
            raise ValueError(f"{node.value[:50]!r} is no {node.tag.rpartition(':')[2]}") from error
