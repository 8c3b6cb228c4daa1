"""What can go wrong with painting.

::

    GenerationError         the sentence can be shown as it is
    ├── AwayError           the process that has requests painted is not reached
    ├── CheckpointError     weights that are missing, damaged or of a kind that is not supported
    ├── DeviceError         a device that is not there
    ├── MetadataError       a file that does not say how it was made
    ├── PictureError        a file from somebody that is no picture, or one that is too large
    ├── QueueFullError      as many requests as may be
    ├── RequestError        a request that cannot be painted, by the fault of the one who asked
    └── WorkerError         no worker came up
        └── NoMemoryError       since other programs have the device's memory
"""

from pathlib import Path
from typing import Self

MAX_SENTENCE = 300
"""Characters of what is said about a file."""
MAX_NAME = 120
"""Characters of a file's path in it."""


class GenerationError(Exception):
    """Base of all errors of this room; ``str(error)`` is one sentence for a person."""


class AwayError(GenerationError):
    """The process that has requests painted is not reached."""


class CheckpointError(GenerationError):
    """Weights are missing, damaged, or of a kind that is not supported."""

    @classmethod
    def of(cls, path: Path, reason: str) -> Self:
        """Return the error whose one line is the file's name, a reason without a full stop, and a full stop.

        Both may hold what stands in files: what cannot be printed is replaced, and what is too long is shortened.
        """
        name, reason = ("".join(c if c.isprintable() else "�" for c in text) for text in (str(path), reason))
        if len(name) > MAX_NAME:
            name = f"…{name[-MAX_NAME:]}"
        room = MAX_SENTENCE - len(name) - 3
        return cls(f"{name} {reason if len(reason) <= room else reason[:room] + '…'}.")


class DeviceError(GenerationError):
    """A configured device is not there."""


class MetadataError(GenerationError):
    """A file does not say how it was made, or not in a way that can be read."""


class PictureError(GenerationError):
    """A file is no picture that can be read, or is too large; the sentence is for whoever gave it."""


class QueueFullError(GenerationError):
    """As many requests wait or are being painted as may be.

    Args:
        limit: so many.
        member: whether that is the limit of the one who asked, and not that of all together.
    """

    def __init__(self, limit: int, *, member: bool) -> None:
        super().__init__(f"The queue is full: {limit} requests wait or are being painted.")
        self.limit = limit
        self.member = member


class RequestError(GenerationError):
    """The request cannot be painted, and the one who asked can change that."""


class WorkerError(GenerationError):
    """No worker process came up."""


class NoMemoryError(WorkerError):
    """A device has no memory left for the models, which passes when another program ends."""
