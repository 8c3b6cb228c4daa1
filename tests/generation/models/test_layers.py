import sys

import pytest
import torch

from generation.models.layers import NATIVE, PLAIN, has_kernels, layers_for


def test_a_cpu_has_its_own_layers() -> None:
    assert layers_for(torch.device("cpu")) is PLAIN


def test_where_triton_does_not_run_it_is_said_and_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "generation.kernels.group_norm", None)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Tesla K80")
    has_kernels.cache_clear()
    with pytest.warns(UserWarning, match="twice as long as it could on Tesla K80"):
        assert layers_for(torch.device("cuda:0")) is NATIVE
    has_kernels.cache_clear()
