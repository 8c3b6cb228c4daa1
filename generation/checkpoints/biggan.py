"""BigGANs: the JSON that describes one, as pytorch-pretrained-biggan has it, and the weights beside it.

A ``classes`` in the JSON, which is ours, names the classes; without it a thousand are those of ImageNet, by their names
in WordNet.
"""

from dataclasses import replace
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

import torch
from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from torch import Tensor

from generation.checkpoints.description import Open
from generation.checkpoints.loader import Models, filled, fingerprint, named, require
from generation.checkpoints.state_dict import StateDict, read_state_dict, without_prefix
from generation.errors import CheckpointError
from generation.limits import complaint, matching, real, whole
from generation.models.biggan import DEEPEST, BigGAN, BigGANShape

POCKET = "pocket"
MAX_BYTES = 1 << 17
"""Of a JSON. Those that are published have less than a hundredth of it."""
KNOWN = "generator.gen_z.bias"
"""A tensor of the network, which tells what stands before its name."""
NORMED = "weight_orig"
"""With which the names of weights end that a spectral norm divides."""
CONFIG, MODEL = "config", "pytorch_model"
"""With which the names of the published files end, without their suffixes."""
WEIGHTS = (".safetensors", ".bin", ".ckpt")
IMAGENET = 1000

ClassName = Annotated[str, matching(r"[^:|\r\n\0]{1,200}", "a name of up to 200 characters without a colon")]
Block = tuple[bool, Annotated[int, whole(1, DEEPEST)], Annotated[int, whole(1, DEEPEST)]]


class BigGANDescription(Open):
    """The JSON of a BigGAN-deep."""

    output_dim: Annotated[int, whole(8, 1024)]
    z_dim: Annotated[int, whole(1, 1024)]
    class_embed_dim: Annotated[int, whole(1, 1024)]
    channel_width: Annotated[int, whole(8, 512)]
    num_classes: Annotated[int, whole(1, 100_000)]
    layers: Annotated[list[Block], Field(min_length=1, max_length=32)]
    attention_layer_position: Annotated[int, whole(0, 32)]
    eps: Annotated[float, real(1e-12, 0.1)]
    n_stats: Annotated[int, whole(2, 1001)]
    classes: list[ClassName] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        channels = [DEEPEST, *(out for _, _, out in self.layers)]
        follow = all(own == before for (_, own, _), before in zip(self.layers, channels, strict=False))
        if not follow or any(out not in (own, own // 2) for own, out in pairwise(channels)) or channels[-1] != 1:
            raise PydanticCustomError("layers", "should have layers that go on from 16 and end with 1, halving or not")
        if self.class_embed_dim != self.z_dim:
            raise PydanticCustomError("embedding", "should have z_dim as its class_embed_dim")
        if self.shape.side != self.output_dim:
            raise PydanticCustomError("side", "should have an output_dim of 4, doubled by its layers")
        if self.classes is not None and len(self.classes) != self.num_classes:
            raise PydanticCustomError("classes", "should have a name for each class")
        return self

    @property
    def shape(self) -> BigGANShape:
        """Sizes of the network."""
        layers = tuple(self.layers)
        return BigGANShape(
            self.z_dim,
            self.channel_width,
            self.num_classes,
            layers,
            self.attention_layer_position,
            self.eps,
            self.n_stats,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes, in their order: each has several with commas between, or is its number."""
        if self.classes is not None:
            return tuple(self.classes)
        if self.num_classes == IMAGENET:
            return imagenet()
        return tuple(map(str, range(self.num_classes)))


def imagenet() -> tuple[str, ...]:
    """Return the names of ImageNet's classes (ILSVRC 2012), in the order of their numbers in WordNet."""
    return tuple((resources.files("generation") / "checkpoints" / "imagenet.txt").read_text("utf-8").splitlines())


def with_biggan(models: Models, biggan: str, section: str = "") -> Models:
    """Read a BigGAN, and return models with it beside them, to be prepared.

    Args:
        models: that have been read.
        biggan: ``pocket``, or the path of its JSON or of its weights.
        section: as of :func:`generation.checkpoints.loader.read_models`.

    Raises:
        CheckpointError: a file is missing, damaged or of another kind.
    """
    network = read_biggan(biggan, section)
    return replace(models, biggan=network, biggan_fingerprint=fingerprint(network))


def read_biggan(biggan: str, section: str = "") -> BigGAN:
    """Read a BigGAN as :func:`with_biggan` does, to be frozen; raises ``CheckpointError``."""
    with named(f"{section}biggan"):
        return load_biggan(pocket() if biggan == POCKET else Path(biggan).expanduser(), mapped=True)


def pocket() -> Path:
    """Return where the JSON is of the BigGAN that comes with the program."""
    return Path(str(resources.files("generation"))) / "weights" / POCKET / "biggan.json"


def load_biggan(path: Path, mapped: bool = False) -> BigGAN:
    """Build a BigGAN-deep and fill it from its weights, in float32 on the CPU.

    Args:
        path: of its JSON or of its weights, which lie beside each other under one name; or under the published ones,
            ``…config.json`` and ``…pytorch_model.bin``.
        mapped: see :func:`generation.checkpoints.loader.filled`.

    Raises:
        CheckpointError: a file is missing, damaged or of another kind.
    """
    require(path)
    config, weights = (_beside(path, (".json",)), path) if path.suffix in WEIGHTS else (path, _beside(path, WEIGHTS))
    description = describe_biggan(config)
    state_dict = without_prefix(read_state_dict(weights), KNOWN)
    if not state_dict:
        raise CheckpointError.of(weights, f"does not hold the weights of a BigGAN: {KNOWN} is missing")
    try:
        state_dict = _divided(state_dict)
    except (KeyError, RuntimeError):
        raise CheckpointError.of(weights, "does not fit its configuration: a spectral norm is not whole") from None
    return filled(lambda: BigGAN(description.shape, description.names), state_dict, weights, mapped)


def describe_biggan(path: Path) -> BigGANDescription:
    """Read the JSON of a BigGAN.

    Raises:
        CheckpointError: it is not one.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CheckpointError.of(path, f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise CheckpointError.of(path, f"cannot be used: it has more than {MAX_BYTES >> 10} kB")
    try:
        return BigGANDescription.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise CheckpointError.of(path, f"cannot be read as JSON: {first['ctx']['error']}") from None
        raise CheckpointError.of(path, f"cannot be used: {complaint(first)}") from None


def _beside(path: Path, suffixes: tuple[str, ...]) -> Path:
    """Return the file of one of the suffixes that belongs to another.

    Raises:
        CheckpointError: it is missing.
    """
    ends = (MODEL, CONFIG) if suffixes == (".json",) else (CONFIG, MODEL)
    stems = [path.stem]
    if path.stem.endswith(ends[0]):
        stems.append(path.stem.removesuffix(ends[0]) + ends[1])
    names = [stem + suffix for stem in stems for suffix in suffixes]
    for name in names:
        if path.with_name(name).is_file():
            return path.with_name(name)
    raise CheckpointError.of(path, f"cannot be used alone: put {' or '.join(names)} beside it")


def _divided(state_dict: StateDict) -> StateDict:
    """Return weights of which those that have a spectral norm are divided by it (Miyato et al. 2018, equation 8)."""
    divided: StateDict = {}
    for name, tensor in state_dict.items():
        stem, _, last = name.rpartition(".")
        if last == NORMED:
            divided[f"{stem}.weight"] = _normed(tensor, state_dict[f"{stem}.weight_u"], state_dict[f"{stem}.weight_v"])
        elif last not in ("weight_u", "weight_v"):
            divided[name] = tensor
    return divided


def _normed(weight: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Return a weight divided by its norm, of which only those digits are kept that no number of threads changes."""
    norm = torch.dot(u.double(), weight.double().flatten(1) @ v.double())
    return weight.float() / norm.float()
