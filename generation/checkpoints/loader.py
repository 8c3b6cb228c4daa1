"""Which weights there are, and how they are read without running code from them.

Taming-transformers' YAML with a ``.safetensors`` or ``.ckpt`` of the same name beside it, and CLIP's file: the archive
that OpenAI publishes, or a state dict under the names of openai-clip, OpenCLIP or transformers.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from generation.checkpoints.clip_description import CLIPDescription, describe_clip
from generation.checkpoints.clip_names import ARCHIVED, openai_names
from generation.checkpoints.description import describe_vqgan
from generation.checkpoints.state_dict import StateDict, read_state_dict, without_prefix
from generation.errors import CheckpointError
from generation.models.biggan import BigGAN
from generation.models.clip_shape import CLIPShape
from generation.models.heap import give_back
from generation.models.precision import Precision, choose_format
from generation.models.vgg import VGG
from generation.models.vqgan import VQGAN
from generation.perceptor.clip import CHANNEL_MEAN, CHANNEL_STD, CLIPPerceptor
from generation.perceptor.ensemble import Ensemble, Perceptor
from generation.recipe import Recipe

POCKET = "pocket"
"""Name of the models that come with the program."""

WEIGHTS = (".safetensors", ".ckpt")
"""With what the names of files with the weights of a VQGAN end; the first that is there is read."""
USED = "quantize.used"
"""Numbers of the codes of a remapped VQGAN that are in use."""

D = TypeVar("D")
N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Models:
    """What a worker paints with: once it is prepared, on its device, in evaluation mode and frozen."""

    vqgan: VQGAN
    perceptor: Perceptor
    recipe: Recipe
    path: Path
    """The YAML that describes the VQGAN."""
    fingerprint: str = ""
    """What tells the weights from others, whatever their number format."""
    vqgan_fingerprint: str = ""
    """Likewise, of the VQGAN alone."""
    vgg: VGG | None = None
    """By whose features the painter of neural style judges; without it there is none."""
    vgg_fingerprint: str = ""
    biggan: BigGAN | None = None
    """By which the painter of that name paints; without it there is none."""
    biggan_fingerprint: str = ""


def load_models(
    vqgan: str, clip: str, device: torch.device, precision: Precision = "auto", vqgan_config: Path | None = None
) -> Models:
    """Read the networks that the settings name, and prepare them; see :func:`read_models` and :func:`prepare`."""
    return prepare(read_models(vqgan, clip, vqgan_config), device, precision)


def read_models(vqgan: str, clip: str, vqgan_config: Path | None = None, section: str = "") -> Models:
    """Read the networks that the settings name, on the CPU, to be prepared.

    Args:
        vqgan: ``pocket``, or the path of a taming YAML or of the weights beside it.
        clip: ``pocket`` or the path of a CLIP file, or several with ``+`` between them, which judge together.
        vqgan_config: the path of the YAML, where it does not lie beside the weights.
        section: what stands before these names in the settings, ``models.``; errors name them so.

    Raises:
        CheckpointError: a file is missing, damaged or of another kind.
    """
    weights = Path(str(resources.files("generation"))) / "weights" / POCKET
    path = weights / "vqgan.yaml" if vqgan == POCKET else Path(vqgan).expanduser()
    if vqgan_config is not None:
        with named(f"{section}vqgan_config"):
            require(vqgan_config)
    with named(f"{section}vqgan"):
        network, recipe = load_vqgan(path, vqgan_config, mapped=True)
    paths = [weights / "clip.pt" if name == POCKET else Path(name).expanduser() for name in _names(clip)]
    with named(f"{section}clip"):
        clips = [load_clip(each, mapped=True) for each in paths]
    perceptor = clips[0] if len(clips) == 1 else Ensemble(clips)
    config_path = vqgan_config or description_of(path)
    models = Models(network, perceptor, recipe, config_path, fingerprint(network, perceptor), fingerprint(network))
    network.read_encoder = lambda: _encoder(path, vqgan_config, models.vqgan_fingerprint)
    return models


@contextlib.contextmanager
def named(by: str) -> Iterator[None]:
    """Have the sentences of errors begin with what names the files that are read: a setting, or another file."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{by}: {error}") from error


def _encoder(path: Path, config_path: Path | None, known: str) -> nn.Module:
    """Read the encoder of a VQGAN that was read before, of the fingerprint ``known``.

    Raises:
        CheckpointError: the file is not what it was.
    """
    network, _ = load_vqgan(path, config_path, mapped=True)
    if fingerprint(network) != known:
        raise CheckpointError.of(path, "is not what it was when it was loaded: start again")
    encoder = network.encoder
    assert encoder is not None
    encoder.float()
    for tensor in _tensors(encoder):
        tensor.data = tensor.data.clone()
    return encoder.eval().requires_grad_(False)


def _names(joined: str) -> list[str]:
    """Part what ``+`` joins, unless it is the path of one file that has it in its name."""
    with contextlib.suppress(OSError):
        if Path(joined).expanduser().is_file():
            return [joined]
    return joined.split("+")


def fingerprint(*networks: nn.Module) -> str:
    """Return a digest of the first value of each tensor: hardly any stays the same when a network learns."""
    tensors = (tensor for network in networks for tensor in network.state_dict().values())
    return sha256(repr([tensor.flatten()[:1].tolist() for tensor in tensors]).encode()).hexdigest()


def prepare(models: Models, device: torch.device, precision: Precision = "auto") -> Models:
    """Freeze networks, arranged for speed and in their number format, put them on the device and return them."""
    dtype = choose_format(precision, device)
    for network in (models.vqgan, models.perceptor, models.biggan):
        if network is not None:
            freeze(network, dtype, device)
    if models.vgg is not None:
        models.vgg.freeze(device)
    give_back()
    return models


def freeze(network: VQGAN | Perceptor | BigGAN, dtype: torch.dtype, device: torch.device) -> None:
    """Freeze a network that was read, arranged for speed, in a number format on a device, and let go of its file."""
    read = {tensor.data_ptr() for tensor in _tensors(network)}
    network.freeze(dtype, device)
    for tensor in _tensors(network):
        if tensor.data_ptr() in read:  # it may lie in a mapped file, all of which would stay in memory for it
            tensor.data = tensor.data.clone()


def _tensors(network: nn.Module) -> Iterator[Tensor]:
    return chain(network.parameters(), network.buffers())


def load_vqgan(path: Path, config_path: Path | None = None, mapped: bool = False) -> tuple[VQGAN, Recipe]:
    """Build the VQGAN of a taming YAML and fill it from the weights beside it, in float32 on the CPU.

    Args:
        path: of the YAML, or of the weights, which have it beside them.
        config_path: of the YAML, where it does not lie beside the weights.
        mapped: see :func:`filled`.

    Raises:
        CheckpointError: a file is missing, damaged or not of taming's ``VQModel`` or ``GumbelVQ``.
    """
    known = "post_quant_conv.weight"
    description, state_dict, weights = read_described(path, describe_vqgan, known, "VQGAN", config_path)
    params = description.params
    used = state_dict.get(USED) if description.gumbel else None
    if used is not None and not _are_codes(used, params.n_embed):
        raise CheckpointError.of(weights, f"does not fit its configuration: {USED} names codes that there are not")
    shape = params.ddconfig.for_taming(), params.n_embed, params.embed_dim, description.gumbel
    vqgan = filled(lambda: VQGAN(*shape, None if used is None else len(used)), state_dict, weights, mapped)
    return vqgan, description.recipe


def _are_codes(numbers: Tensor, count: int) -> bool:
    """Return whether all numbers, of which there is at least one, are of codes."""
    if numbers.ndim != 1 or numbers.dtype != torch.int64 or not 1 <= len(numbers) <= count:
        return False
    low, high = numbers.aminmax()
    return int(low) >= 0 and int(high) < count


def load_clip(path: Path, mapped: bool = False) -> CLIPPerceptor:
    """Build the CLIP whose weights a file holds, in float32 on the CPU.

    They may have openai-clip's names, OpenCLIP's or transformers'.

    Args:
        path: of the file.
        mapped: see :func:`filled`.

    Raises:
        CheckpointError: the file is missing, damaged or no CLIP.
    """
    require(path)
    weights = read_state_dict(path)
    try:
        state_dict, known = openai_names(weights)
        shape = CLIPShape.of(state_dict)
        said = CLIPDescription() if ARCHIVED in state_dict else describe_clip(path, known)
        shape = shape.but(said.quick_gelu, said.vision_heads, said.head_width, said.text_heads)
    except ValueError as error:
        raise CheckpointError.of(path, f"does not hold the weights of a CLIP: {error}") from None
    clip = filled(shape.build, state_dict, path, mapped).eval()
    return CLIPPerceptor(clip, said.mean or CHANNEL_MEAN, said.std or CHANNEL_STD)


def read_described(
    path: Path, describe: Callable[[Path], D], known: str, kind: str, config_path: Path | None = None
) -> tuple[D, StateDict, Path]:
    """Read a taming YAML and the weights beside it, and return both and where the weights are.

    Args:
        path: of the YAML, or of the weights.
        describe: reads it.
        known: name of a tensor of the network, which tells what stands before its name.
        kind: of network, in a word.
        config_path: of the YAML, where it does not lie beside the weights.

    Raises:
        CheckpointError: a file is missing, damaged or of another kind.
    """
    require(path)
    weights = path if path.suffix in WEIGHTS else _beside(path)
    config_path = config_path or description_of(path)
    require(config_path)
    return describe(config_path), _weights(weights, known, kind), weights


def description_of(path: Path) -> Path:
    """Return where the YAML is of a VQGAN of which that or the weights are named."""
    return path.with_suffix(".yaml") if path.suffix in WEIGHTS else path


def _beside(config_path: Path) -> Path:
    for suffix in WEIGHTS:
        path = config_path.with_suffix(suffix)
        if _is_file(path):
            return path
    raise CheckpointError(
        f"The weights of {config_path} are missing: "
        f"put {config_path.stem}.ckpt or {config_path.stem}.safetensors beside it."
    )


def require(path: Path) -> None:
    """Raise ``CheckpointError`` where there is no such file."""
    if not _is_file(path):
        if path.is_dir():
            raise CheckpointError.of(path, "is a folder: name the file in it")
        raise CheckpointError.of(path, "does not exist: put the file there or change what names it")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise CheckpointError.of(path, f"cannot be read: {error.strerror}") from None


def _weights(path: Path, known: str, kind: str) -> StateDict:
    """Return the weights of a network of which one tensor's name is known, without what stands before its name."""
    state_dict = without_prefix(read_state_dict(path), known)
    if not state_dict:
        raise CheckpointError.of(path, f"does not hold the weights of a {kind}: {known} is missing")
    return state_dict


KEEP_SHAPE = {"__mul__", "__rmul__", "__truediv__", "div", "mul", "normal_", "tril", "triu_"}
"""What constructors do to tensors. On the meta device torch would import its compiler for it, which takes a second."""


DRAWN = {"randn", "uniform_", "normal_"}
"""What draws their initial values."""


class _WithoutInitialValues(TorchFunctionMode):
    """Passes over ``torch.nn.init``, and over what changes values on the meta device, where there are none.

    The weights take the place of what is drawn there, and drawing takes time.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", None)
        if getattr(func, "__module__", None) == "torch.nn.init":
            return None
        if name in DRAWN:
            return torch.empty(*args, **(kwargs or {})) if name == "randn" else args[0]
        tensors = [each for each in args if isinstance(each, Tensor)]
        if len(tensors) == 1 and tensors[0].is_meta and name in KEEP_SHAPE:
            return tensors[0]
        return func(*args, **(kwargs or {}))


def filled(build: Callable[[], N], state_dict: StateDict, path: Path, mapped: bool = False) -> N:
    """Return a network with weights that were compared with it before any memory is taken for it.

    Of the weights there may be more than it has; masks, which follow from its shape, need not be there.

    Args:
        build: makes it, with whatever values.
        state_dict: its weights.
        path: of their file.
        mapped: whether they stay in the file, which is mapped into memory, and matrices in its number format, for a
            network that is to be frozen at once: whatever is written to the file would change it.
    """
    with torch.device("meta"), _WithoutInitialValues():
        expected = {name: tensor for name, tensor in build().state_dict().items() if not name.endswith(".attn.mask")}
    if missing := [name for name in expected if name not in state_dict]:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise CheckpointError.of(path, f"does not fit its configuration: {missing[0]} is missing{more}")
    for name, tensor in expected.items():
        own = state_dict[name]
        if own.shape != tensor.shape or own.is_floating_point() != tensor.is_floating_point():
            found, wanted = (f"{list(each.shape)} of {each.dtype}" for each in (own, tensor))
            raise CheckpointError.of(path, f"does not fit its configuration: {name} is {found} instead of {wanted}")
    with _WithoutInitialValues():
        network = build()
    weights = {name: state_dict[name] for name in expected}
    if mapped:
        vectors = {name: each.to(expected[name].dtype) for name, each in weights.items() if each.ndim < 2}
        weights = {name: each.contiguous() for name, each in (weights | vectors).items()}
    network.load_state_dict(weights, strict=False, assign=mapped)
    for name, tensor in network.state_dict().items():
        if name in expected and tensor.is_floating_point() and not all(end.isfinite() for end in tensor.aminmax()):
            raise CheckpointError.of(path, f"is damaged: {name} holds values that are no numbers")
    return network
