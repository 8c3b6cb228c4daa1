"""What Discord refuses, in Discord's own numbers and words.

https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

UNION = "one of: "
"""What the name of a form in a choice of several begins with; no such name is part of the path to a problem."""

_KNOWN: dict[int, tuple[int, str]] = {
    10002: (404, "Unknown Application"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10009: (404, "Unknown permission overwrite"),
    10011: (404, "Unknown Role"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    20001: (403, "Bots cannot use this endpoint"),
    30010: (400, "Maximum number of reactions reached (20)"),
    30032: (400, "Maximum number of application commands reached (100)"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50028: (400, "Invalid role"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50146: (400, "Uploaded file not found."),
    160002: (400, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
    160005: (403, "This thread is locked"),
}


class DiscordError(Exception):
    """A refusal: HTTP status, Discord's code and sentence, and the nested `errors` of a form.

    `retry_after`, in seconds, goes with status 429.
    """

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        errors: dict[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """Return the JSON body of the answer."""
        body: dict[str, Any] = {"message": self.message, "code": self.code}
        if self.errors is not None:
            body["errors"] = self.errors
        if self.retry_after is not None:
            body |= {"retry_after": self.retry_after, "global": False}
        return body


def refusal(code: int) -> DiscordError:
    """Return the error that Discord numbers `code`."""
    status, message = _KNOWN[code]
    return DiscordError(status, code, message)


def http_refusal(status: int, reason: str) -> DiscordError:
    """Return an error that has no number of its own, such as `401: Unauthorized`."""
    return DiscordError(status, 0, f"{status}: {reason}")


def form_refusal(path: tuple[str | int, ...], code: str, message: str) -> DiscordError:
    """Return 50035 for one field; `path` leads to it, e.g. `("embeds", 0, "title")`."""
    return invalid_form([(path, code, message)])


@contextmanager
def under(name: str) -> Iterator[None]:
    """Nest the problems of a form that is a field of another under that field's name."""
    try:
        yield
    except DiscordError as error:
        if error.errors is not None:
            error.errors = {name: error.errors}
        raise


def invalid_form(problems: list[tuple[tuple[str | int, ...], str, str]]) -> DiscordError:
    """Return 50035 with the problems nested under their fields, as Discord nests them."""
    errors: dict[str, Any] = {}
    for path, code, message in problems:
        place = errors
        for key in path:
            place = place.setdefault(str(key), {})
        place.setdefault("_errors", []).append({"code": code, "message": message})
    return DiscordError(400, 50035, "Invalid Form Body", errors)


def from_pydantic(error: ValidationError, place: tuple[str, ...] = ()) -> DiscordError:
    """Return pydantic's complaints as Discord words them; `place` leads to what was checked."""
    return invalid_form(
        [(place + _path(detail["loc"]), *_worded(detail["type"], detail)) for detail in error.errors(include_url=False)]
    )


def _path(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return tuple(each for each in location if not str(each).startswith(UNION))


def quoted(value: object) -> str:
    """Return `value` as a complaint quotes it, cut to its first 100 characters."""
    return str(value)[:100]


def _worded(kind: str, detail: Any) -> tuple[str, str]:
    """Return code and words; raises LookupError for what no form can give rise to."""
    context = detail.get("ctx", {})
    value = quoted(detail["input"])
    match kind:
        case "missing":
            return "BASE_TYPE_REQUIRED", "This field is required"
        case "string_too_long" | "too_long":
            return "BASE_TYPE_MAX_LENGTH", f"Must be {context['max_length']} or fewer in length."
        case "string_too_short" | "too_short":
            return "BASE_TYPE_MIN_LENGTH", f"Must be {context['min_length']} or more in length."
        case "string_type":
            return "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.'
        case "bool_type":
            return "BOOLEAN_TYPE_CONVERT", "Must be either true or false."
        case "list_type":
            return "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"
        case "dict_type" | "model_type" | "model_attributes_type":
            return "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType"
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.'
        case "float_type" | "finite_number":
            return "NUMBER_TYPE_COERCE", f'Value "{value}" is not float.'
        case "less_than_equal":
            return "NUMBER_TYPE_MAX", f"int value should be less than or equal to {context['le']}."
        case "greater_than_equal":
            return "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {context['ge']}."
        case "literal_error":
            return "BASE_TYPE_CHOICES", f"Value must be one of {{{context['expected'].replace(' or ', ', ')}}}."
        case _ if kind.isupper():
            return kind, detail["msg"]
        case _:
            raise LookupError(f"no words for {kind}")
