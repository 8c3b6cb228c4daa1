"""Which device a worker paints on."""

import pytest

from generation.errors import DeviceError
from generation.worker.device import choose_device


@pytest.mark.parametrize(
    ("name", "gpus", "device"),
    [("auto", 0, "cpu"), ("auto", 8, "cuda:0"), ("cuda", 8, "cuda:0"), ("cuda:7", 8, "cuda:7"), ("cpu", 8, "cpu")],
)
def test_which_device_is_meant(name: str, gpus: int, device: str) -> None:
    assert str(choose_device(name, gpus)) == device


@pytest.mark.parametrize(("name", "gpus"), [("cuda", 0), ("cuda:8", 8)])
def test_a_device_that_is_not_there_is_named(name: str, gpus: int) -> None:
    with pytest.raises(DeviceError, match=f"no device {name}: torch sees {gpus} GPUs"):
        choose_device(name, gpus)
