import sys

import pytest
import torch

from generation.models.frozen import FrozenLinear, PlainLinear
from generation.models.layers import has_kernels, layers_for


def test_a_cpu_has_its_own_layers() -> None:
    linear = layers_for(torch.device("cpu"), torch.bfloat16).linear(torch.ones(2, 2), None)
    assert isinstance(linear, FrozenLinear)
    assert linear.weight.dtype == torch.bfloat16


def test_where_triton_does_not_run_it_is_said_and_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "generation.kernels.group_norm", None)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Tesla K80")
    has_kernels.cache_clear()
    with pytest.warns(UserWarning, match="twice as long as it could on Tesla K80"):
        layers = layers_for(torch.device("cuda:0"), torch.float32)
    assert isinstance(layers.linear(torch.ones(2, 2), None), PlainLinear)
    assert not layers.takes_bias
    has_kernels.cache_clear()
