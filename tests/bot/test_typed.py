"""Options of commands that are typed."""

from typing import Any

import pytest

from bot.command import Call, Command, Commands, Option
from bot.errors import UserError
from bot.typed import read, usage


async def nothing(_: Call) -> None:
    return None


KEY = Option("key", "Which", choices=("steps", "pixels"), needed="always")
VALUE = Option("value", "What", "integer", needed="always", least=1, most=500)
SET = Command("limits set", "Sets a limit", nothing, (KEY, VALUE, Option("for", "How long", "duration")))
SAY = Command("say", "Says", nothing, (Option("loud", "Loudly", "boolean"), Option("text", "What", takes_rest=True)))
COMMANDS = Commands(SET, SAY)


class Message:
    """A message in private that mentions nobody."""

    guild = None
    mentions: tuple[Any, ...] = ()


def typed(command: Command, text: str) -> dict[str, Any]:
    message: Any = Message()
    return read(command, text, message, ".")


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("limits set steps 7", "limits set", "steps 7"),
        ("LIMITS\n\tSet steps", "limits set", "steps"),
        ("say hello  you", "say", "hello  you"),
        ("say", "say", ""),
        ("say\nhello", "say", "hello"),
    ],
)
def test_the_longest_name_counts(text: str, name: str, rest: str) -> None:
    found = COMMANDS.find(text)
    assert found is not None
    assert (found[0].name, found[1]) == (name, rest)


@pytest.mark.parametrize("text", ["", " say", "limits", "limits sets", "sayhello", "limits  "])
def test_what_is_no_command(text: str) -> None:
    assert COMMANDS.find(text) is None


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("steps 7", {"key": "steps", "value": 7}),
        ("STEPS 500 30m", {"key": "steps", "value": 500, "for": 1800.0}),
        ("pixels 1 7d", {"key": "pixels", "value": 1, "for": 604800.0}),
    ],
)
def test_options_are_read_in_their_order(text: str, options: dict[str, Any]) -> None:
    assert typed(SET, text) == options


def test_an_option_is_left_out_where_the_word_is_no_value_of_it() -> None:
    assert typed(SAY, "hello you") == {"text": "hello you"}
    assert typed(SAY, "yes hello you") == {"loud": True, "text": "hello you"}


def test_a_mistyped_time_is_not_taken_for_words() -> None:
    ban = Command(
        "ban", "Bans", nothing, (Option("time", "How long", "duration"), Option("why", "Why", takes_rest=True))
    )
    assert typed(ban, "7d fog") == {"time": 604800.0, "why": "fog"}
    assert typed(ban, "too much fog") == {"why": "too much fog"}
    for text in ("1 day", "7days fog", "9999999d"):
        with pytest.raises(UserError, match="`time` takes a time such as `30m`"):
            typed(ban, text)


def test_a_number_out_of_range_is_not_taken_for_words() -> None:
    count = Option("count", "How many", "integer", least=2, most=8)
    tell = Command("tell", "Tells", nothing, (count, Option("text", "What", takes_rest=True)))
    assert typed(tell, "8 red foxes") == {"count": 8, "text": "red foxes"}
    assert typed(tell, "2 99 red foxes") == {"count": 2, "text": "99 red foxes"}
    for text in ("3rd fox", "1984 was a year", "foxes 99"):
        assert typed(tell, text) == {"text": text}
    for text in ("99 red foxes", "1", "-3 foxes"):
        with pytest.raises(
            UserError, match=r"`count` takes a whole number from 2 to 8, not .*`\.tell \[COUNT\] \[TEXT\]`"
        ):
            typed(tell, text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "It is typed as `.limits set KEY VALUE [FOR]`."),
        ("speed 7", "`key` takes `steps` or `pixels`, not `speed`. It is typed as"),
        ("steps 0", "`value` takes a whole number from 1 to 500, not `0`."),
        ("steps 501", "`value` takes a whole number from 1 to 500, not `501`."),
        ("steps 1e3", "`value` takes a whole number from 1 to 500, not `1e3`."),
        ("steps " + "9" * 5000, "`value` takes a whole number"),
        (
            "steps 7 soon",
            "`for` takes a time such as `30m`, `12h` or `7d`, not `soon`. It is typed as `.limits set KEY",
        ),
        ("steps 7 30m more", "That is more than it takes: `.limits set KEY VALUE [FOR]`."),
        ("`@everyone` 7", "`key` takes `steps` or `pixels`, not `@everyone`."),
    ],
)
def test_what_cannot_be_read_is_refused_with_how_it_is_typed(text: str, sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        typed(SET, text)
    assert str(raised.value).startswith(sentence)
    assert len(str(raised.value)) < 500


def test_what_no_option_takes_is_refused_with_what_those_take_that_it_could_be() -> None:
    kind, place = Option("kind", "Which", choices=("a", "b")), Option("place", "Where", "channel")
    put = Command("put", "Puts", nothing, (kind, place, Option("role", "Whose", "role")))
    for text, sentence in (
        ("c", "`kind` takes `a` or `b`; `place` takes a channel, by a mention or its name; `role` takes a role, by a "),
        ("#c", "`kind` takes `a` or `b`; `place` takes a channel,"),
        (
            "a `c`",
            "There is no channel or role `c` here; name one by a mention or its name. It is typed as `.put [KIND]",
        ),
    ):
        with pytest.raises(UserError) as raised:
            typed(put, text)
        assert str(raised.value).startswith(sentence)


def test_usage_has_no_flags_and_pictures() -> None:
    flag, file = Option("seed", "Which", is_flag=True), Option("start", "Which", "picture")
    assert usage(Command("imagine", "Paints", nothing, (flag, file)), "!") == "!imagine"
