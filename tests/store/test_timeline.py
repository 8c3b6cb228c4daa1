"""What is known of one request."""

from dataclasses import replace

import pytest

from config.layers import load
from config.settings import Settings
from generation.dispatch.devices import Device
from generation.events import Failed, Finished
from store.errors import StoreError
from store.timeline import timeline
from tests.store.conftest import ASKED, CAT, Place, a_note, a_record


def settings_of(place: Place) -> Settings:
    return load(environment={}, arguments=[f"store.url={place.url}", f"data_dir={place.folder}"])


async def test_its_life(place: Place) -> None:
    """It waits, is begun on a device, loses it, goes on on another, and is finished and posted."""
    settings, record = settings_of(place), a_record()
    async with place.journal() as journal:
        await journal.accept([record.request], [a_note()])
        waits = await timeline(settings, "r0")
        assert waits is not None
        assert (waits.request, waits.asked, waits.state) == (replace(CAT, id="r0"), ASKED, "waiting")
        assert (waits.started, waits.device, waits.stages, waits.link) == (None, None, {}, None)

        record.status, record.device = "running", Device(0, "cuda:0")
        await journal.checkpoint(record)
        begun = await timeline(settings, "r0")
        assert begun is not None
        assert (begun.state, begun.device, [*begun.stages]) == ("running", "cuda:0", ["waited"])
        record.device, record.attempts = None, 1
        await journal.checkpoint(record)
        record.device = Device(1, "cuda:1")
        await journal.checkpoint(record)
        await journal.sent("r0", 12345678901234567)
        await journal.finish(record, Finished("r0", b"png", 2.5, encoding=0.5))
        await journal.close("r0")
    done = await timeline(settings, "r0")
    assert done is not None
    assert (done.state, done.device, done.attempts, done.started) == ("done", "cuda:1", 1, begun.started)
    assert [*done.stages] == ["waited", "painted", "encoded", "posted"]
    assert (done.stages["painted"], done.stages["encoded"]) == (2.0, 0.5)
    assert done.link == "https://discord.com/channels/20/10/12345678901234567"
    for name in ("12345678901234567", done.link, "https://canary.discord.com/channels/20/10/12345678901234567"):
        assert await timeline(settings, name) == done


async def test_one_that_failed_before_it_began(in_file: Place) -> None:
    async with in_file.journal() as journal:
        note = replace(ASKED, guild=None, message=111111111111111111).to_json()
        await journal.accept([a_record().request], [note])
        await journal.sent("r0", 222222222222222222)
        await journal.finish(a_record(), Failed("r0", "It broke off."))
        await journal.close("r0")
    failed = await timeline(settings_of(in_file), "111111111111111111")
    assert failed is not None
    assert (failed.state, failed.sentence, [*failed.stages]) == ("failed", "It broke off.", ["posted"])
    assert failed.link == "https://discord.com/channels/@me/10/222222222222222222"


@pytest.mark.parametrize("name", ["", "r1", "a\0b", "\udc80", "9" * 19, "https://discord.com/channels/1/2/3", "' OR 1"])
async def test_what_nobody_knows(place: Place, name: str) -> None:
    async with place.journal() as journal:
        await journal.accept([a_record().request], [a_note()])
    assert await timeline(settings_of(place), name) is None


async def test_what_cannot_be_read(in_file: Place) -> None:
    async with in_file.journal() as journal:
        await journal.accept([a_record().request], [a_note()])
    in_file.sql("UPDATE requests SET request = '{}'")
    with pytest.raises(StoreError, match=r"^Request number 1 in the database cannot be read\.$"):
        await timeline(settings_of(in_file), "r0")
