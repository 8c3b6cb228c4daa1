"""A process that ends with its parent."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""Of Linux's prctl(2)."""


def end_with(parent: int) -> None:
    """Have the system kill this process when its parent ends, whatever it is doing then; only Linux can.

    To the system the parent is the thread that started this process.

    Args:
        parent: process id of the parent; where it has ended already, this process ends here.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(0)
