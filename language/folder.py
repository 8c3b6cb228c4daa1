"""Where a language model lies, and whether it is one that is read: nothing is downloaded, and no code of its is run."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from language.errors import LanguageError

Kind = Literal["summariser", "author"]

MOST_BYTES = 1 << 20
"""Of a file of JSON."""
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack")
"""With which the names of weights end that are not read."""
WANTED: dict[Kind, str] = {
    "summariser": "a model from sequence to sequence such as facebook/bart-large-cnn",
    "author": "a causal language model such as gpt2",
}
NO_PACKAGE = "cannot be used without the package transformers: pip install 'easel[transformers]'"
NOT_FETCHED = (
    "is neither a folder nor in the cache of Hugging Face: hf download {0} --include '*.json' '*.txt' '*.model' "
    "'*.safetensors' fetches it"
)
NO_CONFIG = "has no config.json that can be read"
OWN_CODE = "needs code of its own, which is never run; take a model of an architecture that transformers has"
ONLY_PICKLES = "has its weights as pickles, which can run code; take a model or a revision with model.safetensors"
NO_WEIGHTS = "has no weights: model.safetensors is missing"
WRONG_KIND = "is {0}, and {1} is wanted"
TOO_LARGE = "has weights of {0} MB, and texts.megabytes allows {1}"


@dataclass(frozen=True, slots=True)
class Folder:
    """A model that can be loaded.

    Args:
        path: with its files.
        prefix: that stands before each text, as T5's `summarize: `.
    """

    path: Path
    prefix: str = ""


def folder_of(name: str) -> Path:
    """Return where a model lies.

    Args:
        name: of a folder, or as on Hugging Face, of one in its cache.

    Raises:
        LanguageError: it is nowhere.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError:
        raise LanguageError(NO_PACKAGE) from None
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except LocalEntryNotFoundError:
        raise LanguageError(NOT_FETCHED.format(name)) from None
    except HFValidationError:
        raise LanguageError("is no folder, and no name of a model on Hugging Face") from None


def checked(path: Path, kind: Kind, most: int) -> Folder:
    """Return a folder with a model of a kind.

    Args:
        path: of it.
        kind: that is wanted.
        most: bytes of its weights.

    Raises:
        LanguageError: it holds none.
    """
    config, tokenizer = (_read(path / name) for name in ("config.json", "tokenizer_config.json"))
    if not config:
        raise LanguageError(NO_CONFIG)
    if "auto_map" in config or "auto_map" in tokenizer:
        raise LanguageError(OWN_CODE)
    weights = [file for file in path.iterdir() if file.suffix == ".safetensors"]
    if not weights:
        has_pickles = any(file.suffix in PICKLES for file in path.iterdir())
        raise LanguageError(ONLY_PICKLES if has_pickles else NO_WEIGHTS)
    named = config.get("architectures")
    architecture = str(named[0])[:100] if isinstance(named, list) and named else "of no known kind"
    if architecture not in _architectures(kind):
        raise LanguageError(WRONG_KIND.format(architecture, WANTED[kind]))
    if (size := sum(file.stat().st_size for file in weights)) > most:
        raise LanguageError(TOO_LARGE.format(size >> 20, most >> 20))
    return Folder(path, _prefix(config))


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            found = json.loads(opened.read(MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _architectures(kind: Kind) -> set[str]:
    """Return the names of those that transformers has."""
    try:
        from transformers.models.auto import modeling_auto
    except ImportError:
        raise LanguageError(NO_PACKAGE) from None
    names = {
        "summariser": modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
        "author": modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    }[kind]
    return {each for value in names.values() for each in ([value] if isinstance(value, str) else value)}


def _prefix(config: dict[str, Any]) -> str:
    """Return what a configuration says of summaries (``task_specific_params``)."""
    found: Any = config
    for key in ("task_specific_params", "summarization", "prefix"):
        found = found.get(key) if isinstance(found, dict) else None
    return found[:100] if isinstance(found, str) else ""
