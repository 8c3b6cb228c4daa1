from sandbox.snowflake import Snowflakes, created_at, snowflake_at
from tests.sandbox.conftest import Clock


def test_an_id_carries_its_moment(clock: Clock) -> None:
    assert created_at(Snowflakes(clock).next()) == clock.now


def test_discords_own_example() -> None:
    assert created_at(175928847299117063) == 1462015105.796


def test_ids_grow_even_when_the_clock_stands_or_goes_back(clock: Clock) -> None:
    snowflakes = Snowflakes(clock)
    ids = [snowflakes.next(), snowflakes.next()]
    clock.now -= 60
    ids.append(snowflakes.next())
    assert ids == sorted(set(ids))


def test_numbers_within_a_millisecond() -> None:
    assert snowflake_at(1462015105.796, 7) == snowflake_at(1462015105.796) + 7
