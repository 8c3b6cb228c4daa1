"""What a setting names: the pocket models, a model of the catalogue, or a file."""

import os
import re
from pathlib import Path

from config.settings.models import ModelSettings
from weights.catalogue import Kind, find, near
from weights.errors import UnusableError
from weights.folder import ModelFolder

POCKET = "pocket"
JOINT = "+"
"""Stands between the names of perceptors that judge together."""


CALLED = {"vqgan": "VQGAN", "clip": "CLIP", "biggan": "BigGAN"}
"""Kinds of models."""
OPEN_CLIP = re.compile("(openclip|open_clip|hf-hub):", re.IGNORECASE)
OTHER_OPEN_CLIP = (
    "models.{0}: {1} cannot be fetched by that name; easel models list shows which can. Of others of OpenCLIP's give "
    "the path of open_clip_model.safetensors, with open_clip_config.json beside it."
)


def perceptors(clip: str) -> list[str]:
    """Return the names and paths in ``models.clip``, which is one path where there is such a file."""
    return [clip] if _is_file(clip) else [each.strip() for each in clip.split(JOINT)]


def resolved(models: ModelSettings, root: Path) -> ModelSettings:
    """Return the settings with paths in the place of names.

    Args:
        models: as they were set.
        root: folder of all fetched models.

    Raises:
        UnusableError: a model is not fetched, damaged, of the other kind, or looks like a mistyped name.
    """
    clip = JOINT.join(_resolved(each, "clip", root) for each in perceptors(models.clip))
    config = None if models.vqgan_config is None else Path(_expanded(str(models.vqgan_config)))
    vqgan = _resolved(models.vqgan, "vqgan", root)
    biggan = _resolved(models.biggan, "biggan", root)
    names = {"vqgan": vqgan, "vqgan_config": config, "clip": clip, "biggan": biggan}
    return models.model_copy(update=names)


def _resolved(name: str, kind: Kind, root: Path) -> str:
    if name == POCKET:
        return name
    if not name:
        raise UnusableError(f"models.{kind}: a name is missing beside a {JOINT}.")
    model = find(name)
    if model is not None:
        if model.kind != kind:
            raise UnusableError(f"models.{kind}: {model.name} is a {CALLED[model.kind]}, for models.{model.kind}.")
        return str(ModelFolder(root, model).usable())
    if OPEN_CLIP.match(name) and not _is_file(name):
        raise UnusableError(OTHER_OPEN_CLIP.format(kind, name))
    if not _is_file(name) and (names := near(name)):
        raise UnusableError(
            f"models.{kind}: {name} does not exist: put the file there, or did you mean {' or '.join(names)}?"
        )
    return _expanded(name)


def _expanded(path: str) -> str:
    return os.path.expanduser(path)  # noqa: PTH111, which leaves a ~ that nobody knows as it is


def _is_file(path: str) -> bool:
    try:
        return Path(_expanded(path)).is_file()
    except (OSError, ValueError):
        return False
