"""Where settings come from: defaults, a file, the environment, the command line; the later wins."""

import difflib
import io
import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, NoReturn, get_args, get_origin

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import GrammarParseError, OmegaConfBaseException
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from yaml import CSafeLoader, MarkedYAMLError, YAMLError, parse
from yaml.events import CollectionEndEvent, CollectionStartEvent

from config.settings import Settings
from config.settings.section import Section

USER_FILE = Path("easel.yaml")
"""Read when no other file is named and it exists."""
PREFIX = "EASEL_"
RESERVED = frozenset({"EASEL_DISCORD_OPENAPI"})
"""Variables of this prefix that are no settings; the tests read them."""
SERVICE = re.compile(
    r"EASEL_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?|NAME|ENV_\w+)"
)
"""Variables that Kubernetes and Docker set in every container beside a service whose name begins with ``easel``."""
LIKE_A_KEY = re.compile(r"[a-z_]{1,30}(\.[a-z_]{1,30})*")
"""What an unknown key must look like to be repeated, beside being near a known one or having a value: in a file of a
token alone, the token is a key."""
LIKE_A_VARIABLE = re.compile(r"EASEL_[A-Z]{1,16}(_{1,2}[A-Z]{1,16}){0,7}")
"""What a variable that names no setting must look like to be repeated: words of capital letters, unlike a token."""
INSIDE = re.compile(r"[a-z0-9_-]{1,32}")
"""What the parts of a place inside a setting must look like to be repeated."""
PROBLEMS = {
    "extra_forbidden": "has a key that is not known",
    "model_type": "should have a section of its own",
    "dict_type": "should have a section for each name",
    "string_too_short": "should not be empty",
}
"""What is said of some errors in sections by name, by their types in pydantic."""
MAX_DEPTH = 32
"""Of lists and sections inside one another. The C parser beneath OmegaConf recurses, and overflows its stack."""
NOT_SETTINGS = "should hold key: value lines, each value text, a number or a list"
ANOTHER_TOKEN = "another-token"  # noqa: S105, which is nobody's
SECRETS = ("discord.token", "admin.token")
"""Settings to which no other may refer."""


class ConfigError(Exception):
    """A setting is wrong. ``str(error)`` is one line: which, where it came from, what is allowed.

    It never holds a value, for the value could be the token.
    """


def fields(section: type[Section] = Settings, prefix: str = "") -> dict[str, FieldInfo]:
    """Return every setting by its dotted key, ``painting.width``, in order."""
    found: dict[str, FieldInfo] = {}
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            found |= fields(field.annotation, f"{prefix}{name}.")
        else:
            found[prefix + name] = field
    return found


FIELDS = fields()
OmegaConf.clear_resolver("oc.env")  # a file of settings may come from others; `${…}` refers to settings only


def defaults() -> DictConfig:
    """Return every setting as it is when nobody sets it; None where that depends on the machine."""
    return _layer({key: None if field.default_factory else field.default for key, field in FIELDS.items()})


def _layer(values: Mapping[str, Any]) -> DictConfig:
    """Return settings by their dotted keys as a layer."""
    tree: dict[str, Any] = {}
    for key, value in values.items():
        *sections, name = key.split(".")
        section = tree
        for each in sections:
            section = section.setdefault(each, {})
        section[name] = value
    return OmegaConf.create(tree)


class _Layers:
    """Layers one over the other, and for every key the place where its value came from."""

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}
        self._chosen: dict[str, Any] = {}

    def add(self, layer: DictConfig, source: str) -> None:
        """Lay ``layer`` over what is there; an empty section in it changes nothing."""
        for key, value in _leaves(OmegaConf.to_container(layer), source):
            self.sources[key] = source
            self._chosen[key] = value

    def add_text(self, key: str, text: str, source: str) -> None:
        """Lay one value over what is there, as it is written in a variable or an argument."""
        _check_key(key, source)
        self.add(_parsed(key, text, source), source)

    def settings(self) -> Settings:
        """Return what came out."""
        try:
            merged = _layer(self._chosen)
            chosen = OmegaConf.to_container(merged, resolve=True)
            if "${" in repr(self._chosen):
                for key in SECRETS:
                    self._refuse_copies(merged, key)
            return Settings.model_validate(chosen)
        except OmegaConfBaseException as error:
            key = _setting(str(error.full_key).split("."))
            raise ConfigError(f"{self._named(key)} refers by ${{…}} to something that is not there") from None
        except ValidationError as error:
            raise ConfigError(self._sentence(error.errors(include_url=False, include_input=False)[0])) from None

    def _refuse_copies(self, merged: DictConfig, secret: str) -> None:
        """Refuse a setting that refers to a secret, for others are printed."""
        other = merged.copy()
        OmegaConf.update(other, secret, ANOTHER_TOKEN)
        for key in FIELDS.keys() - {secret}:
            if _resolved(merged, key) != _resolved(other, key):
                raise ConfigError(f"{self._named(key)} must not refer to {secret}")

    def _named(self, key: str) -> str:
        return f"{key} ({self.sources.get(key, 'defaults')})"

    def _sentence(self, error: ErrorDetails) -> str:
        place = [str(part) for part in error["loc"]]
        problem = error["msg"].removeprefix("Input ")
        if error["type"] == "pair":
            first, second = (".".join([*place, error["ctx"][side]]) for side in ("first", "second"))
            return f"{self._named(first)} {problem} {self._named(second)}"
        if error["type"] == "alone":
            own, other = (".".join([*place, error["ctx"][side]]) for side in ("own", "other"))
            return f"{self._named(own)} cannot be set alone; set {other} too"
        key = _setting(place)
        below = place[key.count(".") + 1 :] if key in FIELDS else []
        where = f" in {'.'.join(below)}" if below and all(map(INSIDE.fullmatch, below)) else ""
        if key in FIELDS and get_origin(FIELDS[key].annotation) is dict:
            problem = PROBLEMS.get(error["type"], problem)
        return f"{self._named(key)} {problem}{where}. {FIELDS[key].description}."


def load(
    file: Path | None = None,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Return the settings.

    Args:
        file: the user's YAML file; without one, ``easel.yaml`` of the working directory where there is one.
        arguments: ``key=value`` each, from the command line.
        environment: whose ``EASEL_…`` variables are read.

    Raises:
        ConfigError: a key is unknown, a value is not allowed, or the file cannot be read.
    """
    layers = _Layers()
    layers.add(defaults(), "defaults")
    if file is None and _is_there(USER_FILE):
        file = USER_FILE
    if file is not None:
        layers.add(_read(file), str(file))
    for name, text in sorted(environment.items()):
        key = name.removeprefix(PREFIX).lower().replace("__", ".")
        if name.startswith(PREFIX) and name not in RESERVED and (key in FIELDS or not SERVICE.fullmatch(name)):
            if key not in FIELDS and not _keys_below(key):
                _refuse_variable(name, key)
            layers.add_text(key, _unquoted(text), f"environment variable {name}" if key in FIELDS else "environment")
    for argument in arguments:
        key, equals, text = argument.partition("=")
        if not equals:
            raise ConfigError("an argument on the command line is not of the form key=value")
        layers.add_text(key, text, "command line")
    return layers.settings()


def _resolved(layers: DictConfig, key: str) -> str:
    """Return a setting as text, in which also what is not equal to itself, ``.nan``, is."""
    value = OmegaConf.select(layers, key)
    return repr(OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value)


def _setting(place: Sequence[str]) -> str:
    """Return the setting at ``place`` or around it."""
    return next((key for key in itertools.accumulate(place, "{}.{}".format) if key in FIELDS), place[0])


def _unquoted(text: str) -> str:
    """Return ``text`` without the quotes around it, which not every reader of env files takes away."""
    quoted = re.fullmatch(r"(['\"])(.*)\1", text, re.DOTALL)
    return quoted[2] if quoted else text


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from None


def _read(file: Path) -> DictConfig:
    try:
        if file.is_fifo():
            raise ConfigError(f"{file}: is a pipe; it should be a file")
        text = file.read_text(encoding="utf-8")
        _check_depth(text)
        layer = OmegaConf.load(io.StringIO(text))
    except MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{file}{line}: not valid YAML{_harmless(error)}") from None
    except GrammarParseError:
        raise ConfigError(f"{file}: a value with ${{ in it is not valid; write \\${{ for these characters") from None
    except (YAMLError, UnicodeDecodeError):
        raise ConfigError(f"{file}: not valid YAML, which is text in UTF-8") from None
    except ConfigError:
        raise
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or NOT_SETTINGS}") from None
    except Exception:
        # Not only OmegaConf refuses: the constructors of PyYAML fail in more ways than it has names for.
        raise ConfigError(f"{file}: {NOT_SETTINGS}") from None
    if not isinstance(layer, DictConfig):
        raise ConfigError(f"{file}: {NOT_SETTINGS}")
    return layer


def _check_depth(text: str) -> None:
    depth = 0
    for event in parse(text, Loader=CSafeLoader):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH:
            problem = f"more than {MAX_DEPTH} lists and sections inside one another"
            raise MarkedYAMLError(problem=problem)


def _harmless(error: MarkedYAMLError) -> str:
    """Return the parser's complaint, unless it quotes from the file: that could be the token."""
    problem = error.problem or ""
    if problem.startswith("found duplicate key"):
        return ": a key is there twice"
    return f": {problem}" if problem and "'" not in problem and '"' not in problem else ""


def _leaves(layer: Any, source: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in layer.items():
        key = f"{prefix}{name}"
        if key in FIELDS:
            yield key, value
        elif not _keys_below(key):
            _refuse_key(key, source, has_value=value is not None)
        elif isinstance(value, dict):
            yield from _leaves(value, source, f"{key}.")
        elif value is not None:
            _refuse_section(key, source)


def _check_key(key: str, source: str) -> None:
    if _keys_below(key):
        _refuse_section(key, source)
    if key not in FIELDS:
        _refuse_key(key, source, has_value=True)


def _keys_below(section: str) -> list[str]:
    return [key for key in FIELDS if key.startswith(f"{section}.")]


def _refuse_section(key: str, source: str) -> NoReturn:
    raise ConfigError(f"{key} ({source}) is a section; set one of {', '.join(_keys_below(key))}")


def _refuse_key(key: str, source: str, *, has_value: bool) -> NoReturn:
    near = _nearest(key)
    shown = key if (near or has_value) and LIKE_A_KEY.fullmatch(key) else "a key"
    raise ConfigError(f"{shown} ({source}) is not a setting; {_advice(near)}")


def _refuse_variable(name: str, key: str) -> NoReturn:
    shown = name if LIKE_A_VARIABLE.fullmatch(name) else "a key"
    raise ConfigError(f"{shown} (environment) is not a setting; {_advice(_nearest(key))}")


def _nearest(key: str) -> str | None:
    """Return the setting that a key nearly is, with its section or without."""
    by_name = {known.rpartition(".")[2]: known for known in FIELDS}
    near = difflib.get_close_matches(key, FIELDS, n=1)
    near += [by_name[name] for name in difflib.get_close_matches(key.rpartition(".")[2], by_name, n=1)]
    return near[0] if near else None


def _advice(near: str | None) -> str:
    return f"did you mean {near}?" if near else f"known are {', '.join(FIELDS)}"


def _parsed(key: str, text: str, source: str) -> DictConfig:
    """Return a layer of one value: text where text is expected, else read as YAML."""
    annotation = FIELDS[key].annotation
    is_whole = get_origin(annotation) in (tuple, dict)
    kinds = {annotation} if is_whole else {annotation, *get_args(annotation)}
    layer = OmegaConf.create()
    if kinds & {str, SecretStr, Path}:
        absent = NoneType in kinds or key == "data_dir"
        OmegaConf.update(layer, key, None if absent and text in {"", "null"} else _literal(text))
        return layer
    try:
        _check_depth(text)
        return OmegaConf.from_dotlist([f"{key}={text}"])
    except Exception:
        # See `_read`.
        raise ConfigError(f"{key} ({source}) is not valid YAML. {FIELDS[key].description}.") from None


def _literal(text: str) -> str:
    """Escape what OmegaConf would take for a reference to another key."""
    head, *rest = text.split("${")
    escaped = head
    for part in rest:
        backslashes = len(escaped) - len(escaped.rstrip("\\"))
        escaped += "\\" * (backslashes + 1) + "${" + part
    return escaped
