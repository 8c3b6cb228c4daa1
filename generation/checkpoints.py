"""Which weights there are, and how they are read without running code from them.

Only the official formats: taming-transformers' YAML with a ``.safetensors`` or ``.ckpt`` of the same name beside
it, and OpenAI CLIP's file, either the archive that OpenAI publishes or a state dict.
"""

import pickle
import warnings
import zipfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from generation.canvas.vqgan import VQGAN
from generation.composer import Composer
from generation.errors import CheckpointError
from generation.official import clip_model
from generation.perceptor.clip import CLIPPerceptor
from generation.precision import Precision, choose_format
from generation.recipe import Recipe

POCKET = "pocket"
"""Name of the models that come with the program."""

StateDict = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Models:
    """What a worker paints with, on its device, in evaluation mode and frozen."""

    vqgan: VQGAN
    perceptor: CLIPPerceptor
    recipe: Recipe
    composer: Composer | None = None
    """What writes the codes of sketches, where there is one."""


def load_models(vqgan: str, clip: str, device: torch.device, precision: Precision = "auto") -> Models:
    """Load the networks that the settings name.

    Args:
        vqgan: ``pocket`` or the path of a taming YAML.
        clip: ``pocket`` or the path of a CLIP file.
        device: where to put them.
        precision: in which number format they compute.

    Raises:
        CheckpointError: a file is missing, damaged or of another kind.
    """
    weights = Path(str(resources.files("generation"))) / "weights" / POCKET
    vqgan_path = weights / "vqgan.yaml" if vqgan == POCKET else Path(vqgan).expanduser()
    clip_path = weights / "clip.pt" if clip == POCKET else Path(clip).expanduser()
    canvas, recipe = load_vqgan(vqgan_path)
    perceptor = load_clip(clip_path)
    composer = load_composer(vqgan_path.with_name(recipe.sketch.weights)) if recipe.sketch else None
    if composer and not composer.suits(canvas, perceptor):
        composer = None
    return prepare(canvas, perceptor, recipe, device, precision, composer)


def prepare(
    vqgan: VQGAN,
    perceptor: CLIPPerceptor,
    recipe: Recipe,
    device: torch.device,
    precision: Precision = "auto",
    composer: Composer | None = None,
) -> Models:
    """Freeze networks, arranged for speed and in their number format, and put them on the device."""
    dtype = choose_format(precision, device)
    for network in (vqgan, perceptor):
        network.to(device).freeze(dtype)
    if composer:
        composer.to(device).eval().requires_grad_(False)
    return Models(vqgan, perceptor, recipe, composer)


def load_vqgan(config_path: Path) -> tuple[VQGAN, Recipe]:
    """Build the VQGAN of a taming YAML and fill it from the weights beside it, in float32 on the CPU.

    Raises:
        CheckpointError: a file is missing, damaged or not of taming's ``VQModel``.
    """
    _require(config_path)
    checkpoint_path = _beside(config_path)
    try:
        config: Any = OmegaConf.to_container(OmegaConf.load(config_path), resolve=True)
        if config["model"]["target"].rpartition(".")[2] != "VQModel":
            raise CheckpointError(
                f"{config_path} describes a {config['model']['target']}; "
                "only taming.models.vqgan.VQModel can be painted with."
            )
        params = config["model"]["params"]
        vqgan = VQGAN(params["ddconfig"], params["n_embed"], params["embed_dim"])
        recipe = Recipe.from_config(config.get("recipe", {}))
    except CheckpointError:
        raise
    except Exception as error:
        raise CheckpointError(f"{config_path} is not a configuration of a VQGAN ({_summary(error)}).") from error
    state_dict = _read(checkpoint_path)
    own = {name: tensor for name, tensor in state_dict.items() if name in vqgan.state_dict()}
    _fill(vqgan, own, checkpoint_path)
    return vqgan, recipe


def load_clip(path: Path) -> CLIPPerceptor:
    """Build the CLIP whose weights a file holds, in float32 on the CPU.

    Raises:
        CheckpointError: the file is missing, damaged or no CLIP.
    """
    _require(path)
    state_dict = _read(path)
    try:
        clip = clip_model.build_model(state_dict)
    except (LookupError, RuntimeError, AssertionError, ValueError, ZeroDivisionError) as error:
        raise CheckpointError(f"{path} does not hold the weights of a CLIP ({_summary(error)}).") from error
    return CLIPPerceptor(clip.float())


def load_composer(config_path: Path) -> Composer:
    """Build the composer of a taming YAML and fill it from the weights beside it, in float32 on the CPU.

    Raises:
        CheckpointError: a file is missing, damaged or not of taming's ``Net2NetTransformer``.
    """
    _require(config_path)
    checkpoint_path = _beside(config_path)
    state_dict = _read(checkpoint_path)
    try:
        config: Any = OmegaConf.to_container(OmegaConf.load(config_path), resolve=True)
        shape = config["model"]["params"]["transformer_config"]["params"]
        composer = Composer(state_dict["condition.weight"].shape[1], **shape)
    except Exception as error:
        raise CheckpointError(f"{config_path} is not a configuration of a composer ({_summary(error)}).") from error
    masks = {name: mask for name, mask in composer.state_dict().items() if name.endswith(".mask")}
    _fill(composer, masks | state_dict, checkpoint_path)
    return composer


def _beside(config_path: Path) -> Path:
    for suffix in (".safetensors", ".ckpt"):
        path = config_path.with_suffix(suffix)
        if path.is_file():
            return path
    raise CheckpointError(
        f"The weights of {config_path} are missing: "
        f"put {config_path.stem}.ckpt or {config_path.stem}.safetensors beside it."
    )


def _require(path: Path) -> None:
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist: put the file there or change the setting that names it.")


def _read(path: Path) -> StateDict:
    """Return the tensors of a file by name, whatever of the known formats it has."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        if _is_torchscript(path):
            return _read_torchscript(path)
        return _read_pickle(path)
    except (OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError, SafetensorError) as error:
        raise CheckpointError(f"{path} is damaged or not a checkpoint: fetch the file again.") from error


def _is_torchscript(path: Path) -> bool:
    """Return whether the file is an archive such as OpenAI publishes, whose tensors are read without running it."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("constants.pkl") for name in archive.namelist())


def _read_torchscript(path: Path) -> StateDict:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.load` is deprecated", DeprecationWarning)
        return dict(torch.jit.load(path, map_location="cpu").state_dict())


class _Inert:
    """Stands in for every class that a pickle names and torch does not know: it holds state and does nothing."""

    def __init__(self, *_: Any) -> None: ...

    def __setstate__(self, _: Any) -> None: ...


def _read_pickle(path: Path) -> StateDict:
    """Return the state dict in a pickle, whose own classes (Lightning's callbacks, say) are never imported."""
    names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    with torch.serialization.safe_globals([(_Inert, name) for name in names]):
        content = torch.load(path, map_location="cpu", weights_only=True)
    state_dict = content.get("state_dict", content) if isinstance(content, dict) else {}
    return {name: tensor for name, tensor in state_dict.items() if isinstance(tensor, Tensor)}


def _fill(network: nn.Module, state_dict: StateDict, path: Path) -> None:
    try:
        network.load_state_dict(state_dict)
    except RuntimeError as error:
        raise CheckpointError(f"{path} does not fit its configuration ({_summary(error)}).") from error


def _summary(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join([type(error).__name__, *lines[:2]])
