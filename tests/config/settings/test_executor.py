"""Devices as they are written."""

import pytest

from tests.config.conftest import refusal, settings


@pytest.mark.parametrize(
    ("text", "devices"),
    [
        ("auto", "auto"),
        ("cpu", ("cpu",)),
        ("cuda:0,cuda:1", ("cuda:0", "cuda:1")),
        ("cuda:0, cuda:1", ("cuda:0", "cuda:1")),
        ("[cuda:0, cuda:1]", ("cuda:0", "cuda:1")),
        ("[cpu, cpu]", ("cpu", "cpu")),
    ],
)
def test_devices_are_listed_or_written_with_commas(text: str, devices: object) -> None:
    assert settings(f"executor:\n  devices: {text}\n").executor.devices == devices
    assert settings(None, f"executor.devices={text}").executor.devices == devices
    assert settings(None, EASEL_EXECUTOR__DEVICES=text).executor.devices == devices


def test_a_cluster_numbers_its_devices_itself() -> None:
    message = refusal(None, "executor.kind=ray", "executor.devices=[cuda:0]")
    assert message.startswith("executor.devices (command line) should be auto, or cpu and cuda without numbers, with ")
    assert settings(None, "executor.kind=ray", "executor.devices=[cuda,cuda]").executor.devices == ("cuda", "cuda")
