"""Kernels run on a GPU, and where there is none but Triton, in its interpreter on the CPU."""

import os
from importlib.util import find_spec

import pytest
import torch

HAS_CUDA = torch.cuda.is_available()
if not HAS_CUDA:
    os.environ.setdefault("TRITON_INTERPRET", "1")
collect_ignore_glob = [] if find_spec("triton") else ["test_*.py"]


@pytest.fixture(scope="session")
def device() -> torch.device:
    """Return where kernels run."""
    return torch.device("cuda:0" if HAS_CUDA else "cpu")


@pytest.fixture(autouse=True)
def few_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide small pictures among few programs where each takes long."""
    if not HAS_CUDA:
        from generation.kernels import group_norm

        monkeypatch.setattr(group_norm, "PROGRAMS", 2)
