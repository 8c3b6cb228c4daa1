"""The command, and painting in Python: ``from easel import paint``; ``docs/python.md`` tells of it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from easel.api import batch, paint, sample, walk

__all__ = ["batch", "paint", "sample", "walk"]


def __getattr__(name: str) -> Any:
    """Import what paints when it is asked for first: the command is quick without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from easel import api

    return getattr(api, name)
