"""Memory that the C library keeps after it was freed."""

import ctypes


def give_back() -> None:
    """Return it to the system, where that can be told to: after what takes much once, and not in each step."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)
