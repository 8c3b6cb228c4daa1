from collections import Counter

from tests.soak.faults import FAULTS
from tests.soak.mix import drawn

KINDS = [*FAULTS]


def test_a_seed_repeats_its_mix() -> None:
    assert drawn(7, 60, KINDS) == drawn(7, 60, KINDS)
    assert drawn(7, 60, KINDS) != drawn(8, 60, KINDS)


def test_ten_minutes_have_two_hundred_requests_and_every_fault() -> None:
    mix = drawn(1, 600, KINDS)
    assert len(mix.asks) == 200
    assert len({ask.text(edited=edited) for ask in mix.asks for edited in (False, True)}) == 400
    counts = Counter(trouble.kind for trouble in mix.troubles)
    assert counts.keys() == FAULTS.keys()
    assert max(counts.values()) - min(counts.values()) <= 1


def test_everything_happens_in_its_time() -> None:
    mix = drawn(1, 30, KINDS)
    assert len(mix.asks) == 20
    for things in (mix.asks, mix.changes, mix.troubles):
        times = [each.at for each in things]
        assert times == sorted(times)
        assert 0 <= times[0] <= times[-1] <= 30


def test_what_is_changed_was_asked_for_before() -> None:
    mix = drawn(1, 600, KINDS)
    asked = {ask.number: ask for ask in mix.asks}
    assert {change.what for change in mix.changes} == {"edit", "delete", "cancel", "remove"}
    assert all(asked[change.number].at <= change.at for change in mix.changes)
    assert not any(change.what == "remove" and asked[change.number].where == "private" for change in mix.changes)
