"""How targets change by what is said while they are painted."""

from generation.targets import Steering, Target, compared

TARGETS = Target("A  Cat", weight=2.0, part=0), Target(picture="0f" * 32), Target("fog", weight=-0.5)


def test_a_text_is_known_in_any_case_and_with_any_blanks() -> None:
    assert compared(" A\tCAT ") == compared("a cat")
    changed = Steering("a cat", 0.5).changed(TARGETS)
    assert changed == (Target("A  Cat", weight=0.5, part=0), *TARGETS[1:])


def test_a_weight_is_added_to_what_a_text_counts_already() -> None:
    assert Steering("Fog", 1.0, adds=True).changed(TARGETS) == (*TARGETS[:2], Target("fog", weight=0.5))


def test_a_new_text_becomes_a_target_of_all_parts() -> None:
    assert Steering("rain", -1.0, adds=True).changed(TARGETS) == (*TARGETS, Target("rain", weight=-1.0))
