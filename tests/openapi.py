"""Checks REST calls against Discord's published OpenAPI description, where it is at hand.

The description is the file named by `EASEL_DISCORD_OPENAPI`, or `../shared/discord-openapi.json` beside the checkout.
"""

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jsonschema_rs import Draft202012Validator, Registry

UNDESCRIBED = {"/interactions"}
"""Routes of Discord's own client, of which the description says nothing."""

DEFAULT = Path(__file__).parents[2] / "shared" / "discord-openapi.json"


def description_path() -> Path | None:
    """Return where the description is, or None where it is not."""
    path = Path(os.environ.get("EASEL_DISCORD_OPENAPI", DEFAULT))
    return path if path.is_file() else None


class Description:
    """Discord's description of its API, corrected where Discord itself does otherwise."""

    def __init__(self, path: Path) -> None:
        self._answers = _Schemas("urn:answers", _corrected(json.loads(path.read_bytes())))
        self._requests = _Schemas("urn:requests", _lenient(_corrected(json.loads(path.read_bytes()))))
        templates = sorted(self._answers.document["paths"], key=lambda each: each.count("{"))
        self._templates = [(each, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(each)))) for each in templates]

    def template(self, path: str) -> str | None:
        """Return the path template that `path` is an instance of, the most literal one."""
        return next((template for template, pattern in self._templates if pattern.fullmatch(path)), None)

    def problems(self, method: str, path: str, request: object, status: int, answer: object) -> list[str]:
        """Return what in one call is not as described; a request that was refused may be wrong."""
        if status >= 500 or path.partition("?")[0] in UNDESCRIBED:
            return []
        template = self.template(path.partition("?")[0])
        operations = self._answers.document["paths"].get(template, {})
        if method.lower() not in operations:
            return [f"{method} {path}: not described"]
        place = f"/paths/{_escaped(str(template))}/{method.lower()}"
        problems = []
        if request is not None and status < 400:
            problems += self._requests.problems(f"{place}/requestBody/content/application~1json/schema", request)
        kinds = operations[method.lower()]["responses"]
        kind = str(status) if str(status) in kinds else "4XX" if status >= 400 else None
        if kind is None:
            return [*problems, f"{method} {path}: status {status} is not described"]
        if answer is not None:
            problems += self._answers.problems(f"{place}/responses/{kind}", answer)
        return [f"{method} {path} {status}: {problem}" for problem in problems]


class _Schemas:
    """One document, and a validator for every schema in it that was asked for."""

    def __init__(self, name: str, document: dict[str, Any]) -> None:
        self.document = document
        self._name = name
        self._registry = Registry([(name, document)])
        self._validators: dict[str, Draft202012Validator] = {}

    def problems(self, pointer: str, instance: object) -> list[str]:
        validator = self._validators.get(pointer)
        if validator is None:
            schema = {"$ref": f"{self._name}#{quote(self._schema_pointer(pointer))}"}
            validator = self._validators[pointer] = Draft202012Validator(schema, registry=self._registry)
        return [
            f"{'.'.join(map(str, ['$', *error.instance_path]))}: {error.message[:300]}"
            for error in validator.iter_errors(instance)
        ]

    def _schema_pointer(self, pointer: str) -> str:
        """Go from a response, perhaps a shared one, to its JSON schema."""
        if "/responses/" not in pointer:
            return pointer
        *path, kind = pointer.split("/")
        node: Any = self.document
        for part in [*path[1:], kind]:
            node = node[part.replace("~1", "/").replace("~0", "~")]
        pointer = node["$ref"].removeprefix("#") if "$ref" in node else pointer
        return f"{pointer}/content/application~1json/schema"


def _escaped(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1")


def _corrected(document: dict[str, Any]) -> dict[str, Any]:
    """Put right what Discord's own answers contradict."""
    schemas = document["components"]["schemas"]
    # The problems inside a form have words for codes (BASE_TYPE_MAX_LENGTH), not numbers.
    schemas["InnerErrors"]["properties"]["_errors"]["items"] = {
        "type": "object",
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        "required": ["code", "message"],
    }
    # A plain 429 has no code: developers/topics/rate-limits calls it optional.
    limited = schemas["RatelimitedResponse"]["allOf"]
    limited[0] = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
    return document


def _lenient(document: dict[str, Any]) -> dict[str, Any]:
    """Let requests have ids as numbers, as discord.py sends them and Discord takes them."""
    document["components"]["schemas"]["SnowflakeType"] = {"type": ["string", "integer"]}
    return document
