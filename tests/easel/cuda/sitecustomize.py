"""Lets torch look as a build for CUDA does: without a driver, or with a GPU whose memory others have.

Python imports this by itself where the folder is on its path. ``FAKE_CUDA`` says which.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NoReturn

NO_DRIVER = "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver."
GPUS = {"no-driver": 0, "full": 1}


class Finder(importlib.abc.MetaPathFinder):
    """Finds torch where it is, and changes it once it is loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return where torch is; others are left to the next."""
        del path, target
        if name != "torch":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec("torch")
        assert spec is not None
        assert spec.loader is not None
        load = spec.loader.exec_module

        def load_and_change(module: ModuleType) -> None:
            load(module)
            change(module, os.environ["FAKE_CUDA"])

        setattr(spec.loader, "exec_module", load_and_change)  # noqa: B010
        return spec


def change(torch: Any, kind: str) -> None:
    """Let torch look so."""

    def fail() -> NoReturn:
        if kind == "no-driver":
            raise RuntimeError(NO_DRIVER)
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has 10.00 MiB free.")

    cuda = torch.cuda
    torch.version.cuda = "13.0"
    cuda.init = cuda._lazy_init = fail
    cuda.device_count = lambda: GPUS[kind]
    cuda.is_available = lambda: GPUS[kind] > 0
    cuda.get_device_name = lambda _=0: "NVIDIA H100"
    cuda.get_device_capability = lambda _=0: (9, 0)
    cuda.is_bf16_supported = lambda: True
    cuda.mem_get_info = lambda _=0: (10 * 2**20, 80 * 2**30)
    cuda.set_device = lambda _: None


sys.meta_path.insert(0, Finder())
