"""Up to which message all were heard, whatever was lost, runs, or is looked through."""

import pytest

from bot.hearing import REMEMBERED, Hearing
from store.heard import Heard

SHARDS = range(2)


class Noted(Heard):
    """Remembers it for this test."""

    def __init__(self) -> None:
        self.message: int | None = None

    async def save(self, message: int) -> None:
        self.message = message


@pytest.fixture
def noted() -> Noted:
    return Noted()


async def test_nothing_is_written_down_before_all_shards_are_ready(noted: Noted) -> None:
    hearing = Hearing(noted)
    hearing.recall(50, [])
    hearing.note(0, 100)
    await hearing.save()
    assert noted.message == 50
    assert hearing.ready(0, SHARDS, 90) == 50
    await hearing.save()
    assert noted.message == 50
    assert hearing.ready(1, SHARDS, 120) == 50
    await hearing.save()
    assert noted.message == 120


async def test_the_first_start_has_missed_nothing(noted: Noted) -> None:
    hearing = Hearing(noted)
    assert hearing.ready(0, range(1), 0) is None
    await hearing.save()
    assert noted.message == 0


async def test_a_session_that_is_lost_is_gone_on_with_or_looked_through(noted: Noted) -> None:
    hearing = Hearing(noted)
    for shard in SHARDS:
        hearing.ready(shard, SHARDS, 10)
        hearing.lost(shard)
    hearing.resumed(1)
    hearing.note(1, 30)
    await hearing.save()
    assert noted.message == 10
    since = hearing.ready(0, SHARDS, 20)
    assert since == 10
    with hearing.looking(since):
        await hearing.save()
        assert noted.message == 10
    await hearing.save()
    assert noted.message == 30


async def test_what_could_not_be_looked_through_is_at_the_next_start(noted: Noted) -> None:
    hearing = Hearing(noted)
    hearing.recall(10, [])
    since = hearing.ready(0, range(1), 20)
    assert since == 10
    with pytest.raises(ValueError, match="broken"), hearing.looking(since):
        raise ValueError("broken")
    await hearing.save()
    assert noted.message == 10


async def test_a_command_that_runs_is_heard_again_unless_it_is_settled(noted: Noted) -> None:
    hearing = Hearing(noted)
    hearing.ready(0, range(1), 10)
    hearing.note(0, 20)
    with hearing.unsettled(20):
        await hearing.save()
        assert noted.message == 19
        await hearing.save(settled=20)
        assert noted.message == 20


def test_a_message_is_recognised_by_what_it_said(noted: Noted) -> None:
    hearing = Hearing(noted)
    hearing.recall(None, [3, 2, 1])
    assert (hearing.remembered(3), hearing.remembered(4)) == ("", None)
    for message in range(4, REMEMBERED + 2):
        hearing.remember(message, "hello")
    assert (hearing.remembered(1), hearing.remembered(2)) == (None, "")
    hearing.miss(5)
    assert [hearing.is_missed(message) for message in (4, 5)] == [False, True]
