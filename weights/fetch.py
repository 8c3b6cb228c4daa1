"""A model, fetched: from its mirrors, or from where somebody has it already."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from weights.catalogue import File, Model
from weights.download import LOOPBACK, Patience, Watch, download, place
from weights.errors import FetchError
from weights.folder import ModelFolder
from weights.part import noted_digest, open_part, shown

WEIGHTS = {".ckpt", ".pt", ".safetensors"}
"""How the names of weights files end."""


async def fetch(
    model: Model, root: Path, watch: Watch, *, source: str | None = None, patience: Patience | None = None
) -> Path:
    """Have a model in its folder, and return the file that a setting points to.

    Args:
        model: which one.
        root: folder of all models.
        watch: is told how it goes.
        source: a folder, a weights file or a URL of either, to take it from instead of the mirrors; see ``sources``.
        patience: with each mirror.

    Raises:
        FetchError: it cannot be had, or another process fetches it at this moment; what has come is kept.
        UnusableError: the folder cannot be read.
    """
    folder = ModelFolder(root, model)
    with folder.locked():
        states = folder.states()
        # What nobody can tell from another file is taken last, or it would stay where the rest is refused.
        for file in sorted(model.files, key=lambda file: (file.sha256 is None, not file.exact)):
            if states[file.name] == "good":
                continue
            expected = file.sha256 or noted_digest(folder.path / file.name)[0]
            mirrors = file.mirrors if source is None else sources(source, model, file)
            wanted = replace(file, sha256=expected, mirrors=mirrors)
            watch.say(f"{model.name}: {file.name}, {'' if file.exact else 'at most '}{shown(file.size)}")
            with open_part(folder.path / file.name) as part:
                if part.size:
                    watch.say(f"{model.name}: going on after {shown(part.size)}")
                origin = await download(wanted, part, watch, patience or Patience())
                digest = part.settle()
            published = "as published" if file.sha256 else "unpublished; kept to compare with later"
            watch.say(f"{model.name}: {file.name} came from {place(origin)}; SHA-256 {digest}, {published}")
        folder.clear()
    return folder.entry


def sources(source: str, model: Model, file: File) -> tuple[str, ...]:
    """Return where a file may be, when somebody says where the model is.

    That is a weights file, with the YAML of the same name beside it; or a folder like the one of all models, with a
    folder of the model in it; or that folder itself.

    Raises:
        FetchError: it is neither a path of this machine nor an address that is taken from.
    """
    try:
        parts = urlsplit(_as_url(source))
    except ValueError:
        raise FetchError("the address that the weights should come from is none.") from None
    suffix = Path(parts.path).suffix
    if suffix in WEIGHTS:
        beside = {
            ".yaml": parts.path.removesuffix(suffix) + ".yaml",
            ".json": str(Path(parts.path).with_name(file.name)),
        }
        return (parts._replace(path=beside.get(Path(file.name).suffix, parts.path)).geturl(),)
    base = parts.path.rstrip("/")
    return tuple(parts._replace(path=f"{base}/{path}").geturl() for path in (f"{model.folder}/{file.name}", file.name))


def _as_url(source: str) -> str:
    parts = urlsplit(source)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return source
    if parts.scheme == "file":
        return f"file://{parts.path}"
    if "://" in source:
        raise FetchError("weights are taken from https:// and file:// addresses, and from paths of this machine.")
    try:
        return f"file://{quote(str(Path(source).expanduser().absolute()))}"
    except RuntimeError:
        raise FetchError("the path begins with ~, but there is no such home directory.") from None
