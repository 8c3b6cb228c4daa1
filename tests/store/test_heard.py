from store.heard import MILLISECOND, Heard
from tests.store.conftest import Place


async def test_what_was_heard_last_is_remembered(place: Place) -> None:
    async with place.opened() as opened:
        heard = Heard(opened)
        assert await heard.since(60) is None
        await heard.save(5000)
        await heard.save(2**63 - 1)
    async with place.opened() as opened:
        assert await Heard(opened).since(60) == 2**63 - 1


async def test_nothing_is_caught_up_with_that_is_too_old(place: Place) -> None:
    async with place.opened() as opened:
        await Heard(opened).save(7000)
        place.sql("UPDATE heard SET at = at - 3600")
        since = await Heard(opened).since(900)
        assert since is not None
        assert 2700 <= (since - 7000) / MILLISECOND / 1000 < 2760
