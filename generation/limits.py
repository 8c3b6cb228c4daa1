"""What values in a model's YAML are held to, in words that can be shown: ``KEY should be …``."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import ConfigDict, ValidationError, WrapValidator
from pydantic_core import ErrorDetails, PydanticCustomError

STRICT = ConfigDict(extra="forbid", strict=True)
MISSING = {"missing", "missing_argument"}
UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}


def should_be(what: str, allowed: Callable[[Any], object]) -> WrapValidator:
    """Return a validator whose complaint is always that the value should be ``what``.

    Args:
        what: for example ``a number from 1 to 5``.
        allowed: whether a value is, that is of the field's type.
    """

    def check(value: Any, inner: Callable[[Any], Any]) -> Any:
        try:
            value = inner(value)
        except ValidationError:
            value, fits = None, False
        else:
            fits = bool(allowed(value))
        if not fits:
            raise PydanticCustomError("should_be", "should be {what}", {"what": what})
        return value

    return WrapValidator(check)


def whole(low: int, high: int) -> WrapValidator:
    """Return a validator of whole numbers within a range."""
    return should_be(f"a whole number from {low} to {high}", lambda value: low <= value <= high)


def real(low: float, high: float) -> WrapValidator:
    """Return a validator of numbers within a range."""
    return should_be(f"a number from {low:g} to {high:g}", lambda value: low <= value <= high)


def matching(pattern: str, what: str) -> WrapValidator:
    """Return a validator of texts that match a pattern as a whole."""
    return should_be(what, re.compile(pattern).fullmatch)


Text = Annotated[str, should_be("a text of 1 to 1000 characters", lambda text: 1 <= len(text) <= 1000)]


def complaint(error: ErrorDetails) -> str:
    """Return in words, without a full stop, what is wrong with which key."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] in MISSING:
        return f"{key} is missing"
    if error["type"] in UNKNOWN:
        return f"{key} is not known"
    problem = re.sub(r"\A(Input|Tuple|List|String) ", "", error["msg"])
    return f"{key or 'it'} {problem}"
