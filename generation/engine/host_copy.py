"""Tensors on their way from a device to the host."""

from collections.abc import Iterable

import torch
from torch import Tensor


class HostCopy:
    """Copies of tensors, as they are now.

    Making them does not wait for the device; looking at them does. What is copied may be overwritten meanwhile.
    """

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        originals = list(tensors)
        self._tensors = [torch.empty(each.shape, dtype=each.dtype, pin_memory=each.is_cuda) for each in originals]
        for copy, each in zip(self._tensors, originals, strict=True):
            copy.copy_(each, non_blocking=True)
        on_device = next((each.device for each in originals if each.is_cuda), None)
        self._arrived = torch.cuda.Event(blocking=True) if on_device else None
        if self._arrived is not None:
            self._arrived.record(torch.cuda.current_stream(on_device))

    def tensors(self) -> list[Tensor]:
        """Return the copies once they have arrived."""
        if self._arrived is not None:
            self._arrived.synchronize()
        return self._tensors
