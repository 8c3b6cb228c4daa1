"""What may not stand in prompts."""

from store.words import Words
from tests.store.conftest import Place


async def test_words_survive_a_restart(place: Place) -> None:
    async with place.opened() as opened:
        words = Words(opened)
        await words.load()
        await words.add(20, "fog", is_adult=False)
        await words.add(20, "/n+o/", is_adult=False)
        await words.add(20, "/n+o/", is_adult=True)
        await words.add(20, "gone", is_adult=False)
        await words.remove(20, "gone")
        await words.remove(21, "never there")
        assert words.of(20) == {"fog": False, "/n+o/": True}
    async with place.opened() as opened:
        words = Words(opened)
        await words.load()
        assert words.of(20) == {"fog": False, "/n+o/": True}
        assert words.of(21) == {}
