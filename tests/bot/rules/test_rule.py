"""What each rule takes."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.rules.table import RULES, table
from config.settings import Settings
from config.settings.limits import LimitsSettings, QueueSettings
from store.rules import Value

MODERATORS = Path(__file__).parents[3] / "docs" / "moderators.md"
STRICT = Settings(
    queue=QueueSettings(per_server=7),
    limits=LimitsSettings(cooldown_seconds=90.0, pictures_per_day=20, cost_per_day=0.5, videos=False),
)


def test_the_documentation_has_the_rule_book_of_today() -> None:
    assert f"-->\n{table(Settings())}\n<!--" in MODERATORS.read_text("utf-8")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("waiting", "2", 2),
        ("cooldown", "90s", 90.0),
        ("cooldown", "2M", 120.0),
        ("cooldown", "0s", 0.0),
        ("pictures", "10000", 10_000),
        ("pictures", "NONE", None),
        ("cost", "2.5", 2.5),
        ("cost", "none", None),
        ("steps", "1", 1),
        ("pixels", "4096", 4096),
        ("video", "No", False),
        ("attach", "on", True),
        ("spoiler", "ADULT", "adult"),
        ("steer", "everyone", "everyone"),
    ],
)
def test_values_are_read(key: str, text: str, value: Value) -> None:
    read = RULES[key].read(text, Settings())
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("waiting", "0", "`waiting` takes a whole number from 1 to 3, not `0`."),
        ("waiting", "4", "`waiting` takes a whole number from 1 to 3, not `4`."),
        ("waiting", "none", "`waiting` takes a whole number from 1 to 3, not `none`."),
        ("steps", "1.5", "`steps` takes a whole number from 1 to 500, not `1.5`."),
        ("steps", "-1", "`steps` takes a whole number from 1 to 500, not `-1`."),
        ("steps", "9" * 400, "`steps` takes a whole number from 1 to 500, not `999"),
        ("steps", "`**", "`steps` takes a whole number from 1 to 500, not `**`."),
        ("pictures", "0", "`pictures` takes a whole number from 1 to 10000, or `none`, not `0`."),
        ("pictures", "10001", "`pictures` takes a whole number from 1 to 10000, or `none`, not `10001`."),
        ("cost", "nan", "`cost` takes a number from 0.1 to 100000, or `none`, not `nan`."),
        ("cost", "1e9", "`cost` takes a number from 0.1 to 100000, or `none`, not `1e9`."),
        ("cooldown", "2d", "`cooldown` takes a time such as `30s` or `5m`, from 0s to 24h, not `2d`."),
        ("cooldown", "5", "`cooldown` takes a time such as `30s` or `5m`, from 0s to 24h, not `5`."),
        ("pixels", "4095", "`pixels` takes a whole number from 4096 to 262144, not `4095`."),
        ("video", "maybe", "`video` takes `yes` or `no`, not `maybe`."),
        ("spoiler", "some", "`spoiler` takes `yes` or `adult` or `no`, not `some`."),
    ],
)
def test_wrong_values_say_the_range(key: str, text: str, sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        RULES[key].read(text, Settings())
    assert str(raised.value).replace("\u2068", "").replace("\u2069", "").startswith(sentence)


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("waiting-server", "8", "from 1 to 7,"),
        ("cooldown", "1m", "from 90s to 24h,"),
        ("pictures", "21", "a whole number from 1 to 20, not"),
        ("pictures", "none", "a whole number from 1 to 20, not"),
        ("cost", "0.6", "a number from 0.1 to 0.5, not"),
        ("video", "yes", "`no` alone, as the operator allows no more"),
    ],
)
def test_nothing_passes_the_operators_ceiling(key: str, text: str, sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        RULES[key].read(text, STRICT)
    assert sentence in str(raised.value)


@given(st.sampled_from([*RULES]), st.text(max_size=50))
def test_no_text_breaks_it(key: str, text: str) -> None:
    rule = RULES[key]
    with contextlib.suppress(UserError):
        value = rule.read(text, Settings())
        assert rule.read(rule.shown(value), Settings()) == value


@pytest.mark.parametrize("key", [*RULES])
def test_what_holds_by_itself_can_be_set(key: str) -> None:
    for settings in (Settings(), STRICT):
        usual = RULES[key].usual(settings)
        assert RULES[key].read(RULES[key].shown(usual), settings) == usual


@pytest.mark.parametrize("value", ["5", True, 1.5, "yes", [1]])
def test_values_of_another_kind_are_none(value: Value) -> None:
    assert not RULES["steps"].is_value(value)
