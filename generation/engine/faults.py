"""What an error means: memory that ran out, a device that is lost, or else something about the painting."""

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import torch

RAN_OUT = (
    "can't allocate memory",
    "CUDA error: out of memory",
    "CUDA out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUSOLVER_STATUS_ALLOC_FAILED",
)
"""In what PyTorch says when a library of its could not have memory, for which it has no class of its own."""
LOST = ("CUDA error", "CUDA driver error", "CUDNN_STATUS_EXECUTION_FAILED", "CUDNN_STATUS_INTERNAL_ERROR")
"""In what it says when the device has failed: no later call of this process succeeds there."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a painting does not go on. It is no exception, which would hold the tensors of the step that broke off.

    Args:
        is_shortage: whether memory ran out.
        traceback: for the log.
    """

    is_shortage: bool
    traceback: str

    @classmethod
    def of(cls, error: Exception) -> Self:
        """Return what an error means for the painting in which it was raised."""
        return cls(is_shortage(error), "".join(traceback.format_exception(error)))


def is_shortage(error: BaseException) -> bool:
    """Return whether memory ran out, of the device or of the host.

    So it did where the end of a recording fails because of that: the error then says only that there is no recording.
    """
    return any(isinstance(each, torch.OutOfMemoryError | MemoryError) or _says(each, RAN_OUT) for each in chain(error))


def chain(error: BaseException) -> Iterator[BaseException]:
    """Return an error, and those in whose handling it was raised."""
    each: BaseException | None = error
    while each is not None:
        yield each
        each = each.__cause__ or each.__context__


def is_loss(error: BaseException) -> bool:
    """Return whether the device is in no state to go on, so that only a new process can use it."""
    return not is_shortage(error) and (isinstance(error, torch.AcceleratorError) or _says(error, LOST))


def _says(error: BaseException, words: tuple[str, ...]) -> bool:
    return isinstance(error, RuntimeError) and any(each in str(error) for each in words)
