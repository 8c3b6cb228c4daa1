"""Devices that paint in virtual time."""

import pytest

from benchmarks.virtual import Fleet, played, step_seconds
from generation.dispatch.devices import Device
from generation.events import Heartbeat
from generation.request import ImagineRequest

CATS = [ImagineRequest(f"r{number}", "a cat", number, 256, 256, 1000) for number in range(3)]


def test_a_device_is_as_fast_as_its_heartbeats_say() -> None:
    async def beat() -> Heartbeat:
        async with Fleet(1, round_seconds=1.0) as fleet:
            for cat in CATS:
                fleet.send(0, cat)
            async for _, event in fleet.events():
                if isinstance(event, Heartbeat):
                    return event
        raise AssertionError

    told, device = played(beat()), Device()
    device.observe(told.kind, told.batch, told.seconds, told.steps, told.taken)
    step = step_seconds((256, 256), len(CATS))
    assert device.pace.steps_per_second == pytest.approx(len(CATS) / step)
    assert device.batch_seconds(told.kind, len(CATS)) == pytest.approx(step)
