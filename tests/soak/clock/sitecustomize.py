"""Puts the wall clock of a Python process off, by as many seconds as stand in a file: the machine's is not ours to set.

Python imports this by itself where the folder is on its path. What Python's ``time.time`` says is all that the bot
takes the time of day from.
"""

import mmap
import os
import struct
import time

OFFSET = struct.Struct("<d")

_real = time.time
with open(os.environ["SOAK_CLOCK"], "rb") as _file:  # noqa: PTH123
    _offset = mmap.mmap(_file.fileno(), OFFSET.size, prot=mmap.PROT_READ)


def _time() -> float:
    """Return Unix seconds as the process is to see them."""
    return float(_real() + OFFSET.unpack_from(_offset)[0])


time.time = _time
