"""Steps recorded as CUDA graphs: hundreds of small kernels are launched as one."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import torch
from torch import Tensor

WARM_UP = 3
"""Steps before a recording, in which libraries choose their algorithms and allocate what they keep."""

Run = Callable[[int], None]
"""A step of the first so many rows of tensors whose places never change."""


class Recording:
    """A step that is recorded the first time that it is run with a number of rows, and replayed from then on.

    Numbers of rows are rounded up to powers of two, so that there are few recordings; the rows too many compute what
    nobody reads.

    Args:
        state: what the step changes and what it must find unchanged after the warm-up.
    """

    def __init__(self, state: Sequence[Tensor]) -> None:
        self._state = state
        self._graphs: dict[int, torch.cuda.CUDAGraph] = {}

    def __call__(self, run: Run, rows: int) -> None:
        """Run the step, always the same; it must not wait for the device.

        It is not kept: whoever owns the recording and the step would else be freed by the cyclic collector only.
        """
        bucket = 1 << (rows - 1).bit_length()
        if bucket not in self._graphs:
            self._graphs[bucket] = self._record(run, bucket)
        self._graphs[bucket].replay()

    def _record(self, run: Run, rows: int) -> torch.cuda.CUDAGraph:
        kept = [tensor.clone() for tensor in self._state]
        aside = _aside()
        aside.wait_stream(torch.cuda.current_stream())
        try:
            with torch.cuda.stream(aside):
                for _ in range(WARM_UP):
                    run(rows)
            graph = torch.cuda.CUDAGraph()
            # Other threads may go on waiting for pictures that they encode.
            with (
                _without_collector(),
                torch.cuda.graph(graph, pool=_memory().id, capture_error_mode="thread_local"),  # type: ignore[arg-type]
            ):
                run(rows)
        finally:
            torch.cuda.current_stream().wait_stream(aside)
            for tensor, before in zip(self._state, kept, strict=True):
                tensor.copy_(before)
        return graph


def give_back() -> None:
    """Return memory that is not in use to the device, that of recordings too where there is none any more.

    It is kept for them alone as long as it is there, whatever else has too little.
    """
    if _memory.cache_info().currsize and _memory().use_count() == 1:
        _memory.cache_clear()
    torch.cuda.empty_cache()


@contextmanager
def _without_collector() -> Iterator[None]:
    """Free nothing that waits for the cyclic collector: if a graph is among it, what is being recorded is lost."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@cache
def _memory() -> torch.cuda.MemPool:
    """Return the memory in which all recordings of this process compute, since only one runs at a time.

    It has to outlive them: a pool goes with the last recording in it unless something else holds it.
    """
    return torch.cuda.MemPool()


@cache
def _aside() -> torch.cuda.Stream:
    """Return the stream of all warm-ups: libraries keep a workspace for each that they have ever computed on."""
    return torch.cuda.Stream()
