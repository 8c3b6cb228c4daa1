"""Settings as earlier versions took them: of each there is a file with a value for every key that it had."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from config.layers import FIELDS, PREFIX, load

FILES = sorted((Path(__file__).parent / "earlier").glob("*.yaml"))


def leaves(section: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def value_of(settings: object, key: str) -> object:
    for name in key.split("."):
        settings = getattr(settings, name)
    value = settings.get_secret_value() if isinstance(settings, SecretStr) else settings
    return str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
@pytest.mark.parametrize("way", ["file", "variables", "arguments"])
def test_what_earlier_versions_took_is_taken(file: Path, way: str) -> None:
    wanted = dict(leaves(yaml.safe_load(file.read_text("utf-8"))))
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in wanted.items()}
    if way == "file":
        settings = load(file, environment={})
    elif way == "variables":
        variables = {f"{PREFIX}{key.upper().replace('.', '__')}": text for key, text in texts.items()}
        settings = load(environment=variables)
    else:
        settings = load(arguments=[f"{key}={text}" for key, text in texts.items()], environment={})
    for key, value in wanted.items():
        taken = value_of(settings, key)
        assert taken == (value.split(",") if key == "executor.devices" and isinstance(value, str) else value), key


def test_the_last_version_has_every_key_that_it_had() -> None:
    keys = {key for file in FILES for key, _ in leaves(yaml.safe_load(file.read_text("utf-8")))}
    assert len(keys) > 40
    assert keys <= FIELDS.keys()
