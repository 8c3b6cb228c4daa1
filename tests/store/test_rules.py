"""What moderators have set."""

import pytest

from store.errors import StoreError
from store.rules import SERVER, Rules
from tests.store.conftest import Place


async def test_values_survive_a_restart(place: Place) -> None:
    async with place.opened() as opened:
        rules = Rules(opened)
        await rules.load()
        await rules.set(20, SERVER, "steps", 100)
        await rules.set(20, SERVER, "steps", 120)
        await rules.set(20, ("channel", 10), "video", False)
        await rules.set(20, ("role", 7), "pictures", None)
        await rules.set(20, SERVER, "cost", 2.5)
        await rules.set(21, SERVER, "prefix", "\0é`")
        await rules.set(20, ("role", 8), "steps", 1)
        await rules.reset(20, (("role", 8), "steps"), (("role", 8), "video"))
    async with place.opened() as opened:
        rules = Rules(opened)
        await rules.load()
        assert rules.of(20) == {
            (SERVER, "steps"): 120,
            (("channel", 10), "video"): False,
            (("role", 7), "pictures"): None,
            (SERVER, "cost"): 2.5,
        }
        assert rules.of(21) == {(SERVER, "prefix"): "\0é`"}
        assert rules.of(22) == {}


async def test_what_cannot_be_read_is_ignored(in_file: Place) -> None:
    async with in_file.opened() as opened:
        await Rules(opened).set(20, SERVER, "steps", 100)
    in_file.sql("INSERT INTO rules VALUES (20, 'server', 0, 'video', 'no JSON')")
    async with in_file.opened() as opened:
        rules = Rules(opened)
        await rules.load()
        assert rules.of(20) == {(SERVER, "steps"): 100}


async def test_what_was_not_written_down_does_not_hold(in_file: Place) -> None:
    async with in_file.opened() as opened:
        rules = Rules(opened)
        await rules.set(20, SERVER, "steps", 100)
        in_file.sql("ALTER TABLE rules RENAME TO away")
        with pytest.raises(StoreError):
            await rules.set(20, SERVER, "steps", 120)
        with pytest.raises(StoreError):
            await rules.reset(20, (SERVER, "steps"))
        assert rules.of(20) == {(SERVER, "steps"): 100}
        in_file.sql("ALTER TABLE away RENAME TO rules")
