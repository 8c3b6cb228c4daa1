import re
from dataclasses import replace
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.caption import Caption, Ended, InProgress, Painted, Paused, State, Waiting, bar, duration
from bot.characters import units
from bot.errors import PromptError
from bot.flags.flag import Available
from bot.prompt import parse, quoted
from config.layers import load
from generation.request import ImagineRequest
from generation.targets import Steering, Target

PAINTING = load(arguments=["painting.steps=100"]).painting
INITS = ("sketch", "noise")
CAT = ImagineRequest("r0", "a cat", 7, 128, 128, 100)


def caption(prompt: str = "a cat", **changes: int | str) -> Caption:
    return Caption(replace(CAT, prompt=prompt, **changes), ".", PAINTING, Available(INITS))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (Waiting(1, 99.6), "Next in line · starts <t:100:R>\n-# seed 7 · 128×128 · 100 steps"),
        (Waiting(12, 5), "Number 12 in line · starts <t:5:R>\n-# seed 7 · 128×128 · 100 steps"),
        (Waiting(1, inf), "Next in line · starts as soon as a device is ready\n-# seed 7 · 128×128 · 100 steps"),
        (
            InProgress(0, inf),
            f"{'▱' * 10} 0% · goes on as soon as a device is ready\n-# seed 7 · 128×128 · 100 steps",
        ),
        (InProgress(29, 5), "▰▰▱▱▱▱▱▱▱▱ 29% · ready <t:5:R>\n-# seed 7 · 128×128 · 100 steps"),
        (Painted(200), "-# seed 7 · 128×128 · 100 steps · 3 min 20 s · `r0`\n-# Again: `.imagine a cat --seed 7`"),
        (
            Painted(200, smaller=(64, 64)),
            "-# seed 7 · 128×128 · 100 steps · 3 min 20 s · `r0`\n"
            "-# Painted at 64×64: the device has no memory for 128×128\n-# Again: `.imagine a cat --seed 7`",
        ),
        (Ended("Cancelled.", again=False), "Cancelled."),
        (Ended("Too bad.", again=True), "Too bad.\n-# Again: `.imagine a cat --seed 7`"),
    ],
)
def test_text(state: State, text: str) -> None:
    assert caption().text(state) == f"**a cat**\n{text}"


def test_what_is_not_usual_is_repeated() -> None:
    text = caption(width=64, steps=1).text(Painted(1))
    assert text.splitlines()[1:] == [
        "-# seed 7 · 64×128 · 1 step · 1 s · `r0`",
        "-# Again: `.imagine a cat --seed 7 --size 64x128 --steps 1`",
    ]


@pytest.mark.parametrize(
    ("pictures", "start", "told", "again"),
    [
        ([1.0], "", "towards a picture", "and picture with `--seed 7 --as target`"),
        ([0.5], "", "picture weight 0.5 · towards a picture", "and picture with `--seed 7 --as target --iw 0.5`"),
        (
            [0.5, 0.5],
            "",
            "picture weight 0.5 · towards 2 pictures",
            "and pictures with `--seed 7 --as target --iw 0.5`",
        ),
        ([0.5, -2], "", "towards 2 pictures", "and pictures (`::0.5`, `::-2`) with `--seed 7 --as target`"),
        ([-2], "", "towards a picture", "and picture (`::-2`) with `--seed 7 --as target`"),
        (
            [0.5],
            "f" * 64,
            "picture weight 0.5 · from a picture · towards a picture",
            "and pictures with `--seed 7 --iw 0.5`",
        ),
    ],
)
def test_what_pictures_were_for_is_told_and_repeated(pictures: list[float], start: str, told: str, again: str) -> None:
    targets = [Target("a cat"), *(Target(picture=f"{n}" * 64, weight=weight) for n, weight in enumerate(pictures))]
    request = replace(CAT, targets=tuple(targets), init_picture=start)
    assert replace(caption(), request=request).text(Painted(200)).splitlines()[1:] == [
        f"-# seed 7 · 128×128 · 100 steps · {told} · 3 min 20 s · `r0`",
        f"-# Again: the same prompt {again}",
    ]


SAID = (
    Steering("@here <@1>", 1.0, adds=True, step=40, by="42"),
    Steering("fog", -0.5, adds=True, step=40, by="42"),
    Steering("sky", 0.5, step=60, by="43"),
)


def test_how_it_was_steered_stands_below() -> None:
    steered = replace(caption(), request=replace(CAT, steering=SAID), together=True)
    said = [
        "-# step 40 · <@42>: more: \\`\\`\\` \\@here \\<\\@1> \\`\\`\\` \\| less: fog",
        "-# step 60 · <@43>: sky::0.5",
    ]
    print_ = "-# seed 7 · 128×128 · 100 steps"
    together = "-# Anybody may steer it: reply with `more: a lighthouse`, `less: fog` or `sky::0.5`"
    assert steered.text(InProgress(70, 5)).splitlines()[2:] == [print_, *said, together]
    assert steered.text(Waiting(1, 5)).splitlines()[2:] == [print_, *said, together]
    again = "-# Again: the same prompt with `--seed 7`, and steer it so"
    assert steered.text(Painted(200)).splitlines()[2:] == [*said, again]
    assert steered.text(Paused()).splitlines()[2:] == [print_, *said]


def test_the_newest_of_what_was_said_is_shown() -> None:
    said = tuple(Steering("fog", 1.0, step=step, by="nobody") for step in range(16))
    lines = caption(steering=said).text(InProgress(70, 5)).splitlines()  # type: ignore[arg-type]
    assert lines[3:] == [
        "-# steered 13 times before that",
        "-# step 13 · fog::1",
        "-# step 14 · fog::1",
        "-# step 15 · fog::1",
    ]


def test_what_was_said_is_left_out_where_it_does_not_fit() -> None:
    said = tuple(Steering("*" * 200, 1.0, step=step, by="1" * 19) for step in range(16))
    long = Caption(
        replace(CAT, prompt="*" * 1000, steering=said),
        ".",
        PAINTING,
        Available(INITS),
        how="subtle",
        source_url="x" * 800,
        together=True,
    )
    for state in STATES:
        assert units(long.text(state)) <= 2000


@pytest.mark.parametrize(("init", "start"), [("noise", "noise"), ("sketch", "a sketch")])
def test_what_it_began_from_is_told_and_repeated_if_it_was_asked_for(init: str, start: str) -> None:
    text = caption(init=init).text(Painted(1))
    assert text.splitlines()[1:] == [
        f"-# seed 7 · 128×128 · 100 steps · from {start} · 1 s · `r0`",
        f"-# Again: `.imagine a cat --seed 7 --init {init}`",
    ]


@pytest.mark.parametrize(
    ("how", "changes", "told"),
    [
        ("video", {"outputs": ("png", "mp4")}, "with a video · the same as [this picture](url)"),
        ("subtle", {"init_picture": "f" * 64}, "varied subtly from [this picture](url)"),
        ("start", {"init_picture": "f" * 64}, "begun from [this picture](url)"),
        ("again", {"init_picture": "f" * 64}, "from a picture · again, like [this picture](url)"),
    ],
)
def test_what_it_came_from_is_told_once(how: str, changes: dict[str, Any], told: str) -> None:
    derived = replace(caption(**changes), how=how, source_url="url")
    assert derived.text(Waiting(1, 5)).splitlines()[2] == f"-# seed 7 · 128×128 · 100 steps · {told}"


@pytest.mark.parametrize(
    "prompt",
    [
        "x" * 201,
        "🦊" * 101,
        "a `cat`",
        "git commit --amend",
        "a —seed",
        "a —inti sketch",
        "of <@1>",
        "[a](https://b.c) d",
    ],
)
def test_what_cannot_be_copied_is_not_repeated(prompt: str) -> None:
    assert caption(prompt).text(Painted(1)).endswith("-# Again: the same prompt with `--seed 7`")


STATES: list[State] = [
    Waiting(100, 2e9),
    InProgress(50, 2e9, left_out="*" * 1000, smaller=(99999, 99999)),
    Paused(),
    Painted(1e5, left_out="*" * 1000, smaller=(99999, 99999)),
    Ended("x" * 200, again=True),
]
TEXTS = st.text(min_size=1, max_size=1000) | st.text("-—`*<@ אa🦊\u0301\u200d\u202e", max_size=1000)
AGAIN = re.compile(r"-# Again: \u2068?`\.imagine (.*)`\u2069?")


@given(TEXTS | st.sampled_from(["*" * 1000, "`" * 200, "-# " * 300, "a --seed 7", "a —sede 7", "a —golden hour—"]))
def test_every_text_fits_and_can_be_asked_for_again(typed: str) -> None:
    try:
        prompt = parse(quoted(typed), PAINTING).prompt
    except PromptError:
        prompt = "a cat"
    captions = caption(prompt)
    for state in STATES:
        text = captions.text(state)
        assert units(text) <= 2000
        assert not re.search("[\u061c\u200e\u200f\u202a-\u202e\u2066\u2067]", text)
        assert text.count("\u2068") == text.count("\u2069")
    assert units(captions.alt_text) <= 1024
    command = AGAIN.fullmatch(captions.text(Painted(1)).splitlines()[-1])
    if command:
        assert parse(command[1], PAINTING, Available(INITS)).request("r0") == replace(CAT, prompt=prompt)


@pytest.mark.parametrize("prompt", ["a cat -- or two", "a castle —golden hour— by the sea", "قطة حمراء"])
def test_the_line_to_copy_asks_for_the_same(prompt: str) -> None:
    command = AGAIN.fullmatch(caption(prompt, width=64).text(Painted(1)).splitlines()[-1])
    assert command is not None
    assert parse(command[1], PAINTING, Available(INITS)).request("r0") == replace(CAT, prompt=prompt, width=64)


def test_a_prompt_from_right_to_left_does_not_turn_the_line_around() -> None:
    lines = caption("قطة حمراء").text(Painted(1)).splitlines()
    assert lines[0] == "**\u2068قطة حمراء\u2069**"
    assert lines[-1] == "-# Again: \u2068`.imagine قطة حمراء --seed 7`\u2069"


def test_what_is_left_out_is_cut_between_words() -> None:
    tail = "a *wide* sea " * 20
    (line,) = [line for line in caption().text(InProgress(5, 9, tail)).splitlines() if "left out" in line]
    assert line.endswith(r"a \*wide\* sea a \*wide\*…”")
    assert line.count("sea") == 7


@pytest.mark.parametrize(
    ("percent", "shown"), [(0, "▱" * 10 + " 0%"), (99, "▰" * 9 + "▱ 99%"), (100, "▰" * 10 + " 100%")]
)
def test_bar(percent: int, shown: str) -> None:
    assert bar(percent) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "under 1 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3661, "61 min 1 s")]
)
def test_duration(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
