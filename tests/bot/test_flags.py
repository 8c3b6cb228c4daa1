"""That an entry of the table is all that a flag needs."""

import re
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from bot.caption import Caption, Painted
from bot.errors import PromptError
from bot.flags import BESIDE, FLAGS, NOTHING_KNOWN, OF_WALKS, Available, Flag
from bot.listing import help_text
from bot.prompt import parse
from config.layers import load
from easel.cli import main
from easel.imagine import request
from generation.request import ImagineRequest

MEMBERS = Path(__file__).parents[2] / "docs" / "members.md"
SETTINGS = load(arguments=["painting.steps=100"])
PAINTING = SETTINGS.painting
CAT = ImagineRequest("r", "a cat", 7, 128, 128, 100)


def table() -> str:
    """Return the flags as members find them in the documentation."""
    rows = (f"| `--{name} {flag.example}` | {flag.help} |" for name, flag in FLAGS.items())
    return "\n".join(["| flag | |", "|---|---|", *rows])


def surface(value: str, *_: object) -> dict[str, str]:
    if value not in {"latent", "pixels"}:
        raise PromptError("There is no such canvas.")
    return {"canvas": value}


@pytest.fixture
def _canvas() -> Iterator[None]:
    """Put a flag into the table in the place of the one that sets the same field."""
    before = dict(FLAGS)
    canvas = Flag(
        fields=("canvas",),
        example="pixels",
        help="what is painted on",
        pattern=lambda _: "latent|pixels",
        parse=surface,
        caption="on {}".format,
        aliases=("surface",),
    )
    del FLAGS["painter"]
    FLAGS["canvas"] = canvas
    yield
    FLAGS.clear()
    FLAGS.update(before)


@pytest.mark.usefixtures("_canvas")
@pytest.mark.parametrize("typed", ["--canvas pixels", "—Surface=pixels", "--surface pixels"])
def test_it_is_parsed_and_rendered_back(typed: str) -> None:
    arguments = parse(f"a {typed} cat --seed 7", PAINTING)
    assert arguments.request("r") == replace(CAT, canvas="pixels")
    assert str(arguments) == "a cat --seed 7 --size 128x128 --steps 100 --canvas pixels"
    assert parse(str(arguments), PAINTING) == arguments
    assert parse("a cat", PAINTING).change(replace(CAT, canvas="pixels")) == CAT


@pytest.mark.usefixtures("_canvas")
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--canvas cloth", "There is no such canvas."),
        ("--canvas", "`--canvas` needs a value, for example `--canvas pixels`."),
        ("--canvas pixels --surface pixels", "`--canvas` is there twice; give it once."),
        ("—canvsa pixels", "There is no flag `--canvsa`; did you mean `--canvas`?"),
        (
            "--zzz",
            "There is no flag `--zzz`; there are `--seed`, `--size`, `--quality`, `--steps`, `--stop`, `--chaos`, "
            "`--repeat`, `--style`, `--no`, `--video`, `--canvas` and others.",
        ),
    ],
)
def test_it_is_refused(typed: str, sentence: str) -> None:
    with pytest.raises(PromptError) as refusal:
        parse(f"a cat {typed}", PAINTING)
    assert str(refusal.value) == sentence


@pytest.mark.usefixtures("_canvas")
def test_it_is_captioned() -> None:
    caption = Caption(replace(CAT, canvas="pixels"), ".", PAINTING, NOTHING_KNOWN)
    assert caption.text(Painted(1)).splitlines()[1:] == [
        "-# seed 7 · 128×128 · 100 steps · on pixels · 1 s · `r`",
        "-# Again: `.imagine a cat --seed 7 --canvas pixels`",
    ]
    assert "canvas" not in Caption(CAT, ".", PAINTING, NOTHING_KNOWN).text(Painted(1))


@pytest.mark.usefixtures("_canvas")
def test_it_is_in_the_help() -> None:
    assert "\n`--canvas pixels` what is painted on\n" in help_text("Easel", SETTINGS, NOTHING_KNOWN)
    assert table().endswith("\n| `--canvas pixels` | what is painted on |")


@pytest.mark.usefixtures("_canvas")
def test_it_is_on_the_command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = "imagine", "a cat", "--out", "a.png", "--surface", "cloth"
    for arguments, code in ((("imagine", "--help"), 0), (words, 2)):
        monkeypatch.setattr(sys, "argv", ["easel", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == code
    out, err = capsys.readouterr()
    assert re.search("--canvas,--surface +CANVAS +What is", out)
    assert "There is no such canvas." in err
    asked = request("a cat", SETTINGS, {"canvas": "pixels", "seed": "7", "size": None})
    assert asked == replace(CAT, id="imagine", canvas="pixels")


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({"quality": "draft", "steps": 50}, "--quality draft"),
        ({"quality": "draft", "steps": 100}, "--quality draft --steps 100"),
        ({"optimiser": "sgd", "rate": 0.0001, "final_rate": 0.0}, "--optimiser sgd --rate 0.0001 --final-rate 0"),
        ({"ema": 0.999, "smooth": 12.345678}, "--ema 0.999 --smooth 12.345678"),
        ({"cutouts": 64, "cuts": "crops", "cut_power": 2.5}, "--cutouts 64 --cuts crops --cut-power 2.5"),
        ({"strength": 0.3, "variation": 0.02}, "--strength 0.3 --variation 0.02"),
        ({"augment": ("flip", "thin-plate"), "grow": 0.6}, "--augment flip,thin-plate --grow 0.6"),
        ({"augment": ()}, "--augment none"),
        ({"zoom": 1.02, "pan": (-2.0, 0.5), "move_every": 5}, "--zoom 1.02 --pan -2,0.5 --move-every 5"),
        ({"rotate": -1.5}, "--rotate -1.5"),
    ],
)
def test_what_was_chosen_is_asked_for_again(fields: dict[str, Any], flags: str) -> None:
    caption = Caption(replace(CAT, **fields), ".", PAINTING, NOTHING_KNOWN)
    assert caption.again == f"`.imagine a cat --seed 7 {flags}`"
    assert parse(f"a cat --seed 7 {flags}", PAINTING).request("r") == replace(CAT, **fields)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--zoom 3", "`--zoom` takes a number from 0.5 to 2, not `3`."),
        ("--pan 2", "`--pan` takes pixels to the right and down, -512 to 512, as in `--pan 2,-1`, not `2`."),
        ("--pan 1,600", "`--pan` takes pixels to the right and down, -512 to 512, as in `--pan 2,-1`, not `1,600`."),
        ("--pan 1,nan", "`--pan` takes pixels to the right and down, -512 to 512, as in `--pan 2,-1`, not `1,nan`."),
        ("--rotate 181", "`--rotate` takes degrees clockwise, -180 to 180, not `181`."),
        ("--rotate left", "`--rotate` takes degrees clockwise, -180 to 180, not `left`."),
        ("--move-every 0", "`--move-every` takes a whole number from 1 to 1000, not `0`."),
    ],
)
def test_how_far_a_picture_is_moved_is_bounded(typed: str, sentence: str) -> None:
    with pytest.raises(PromptError) as refusal:
        parse(f"a cat {typed}", PAINTING)
    assert str(refusal.value) == sentence


def test_the_documentation_has_the_table_of_today() -> None:
    assert f"-->\n{table()}\n<!--" in MEMBERS.read_text(encoding="utf-8")


VALUES = {
    "seed": "7",
    "steps": "99",
    "as": "target",
    "long": "cut",
    "size": "64x80",
    "w": "64",
    "h": "80",
    "init": "noise",
    "model": "faces",
}
"""Others than the examples, where those are as usual."""


@pytest.mark.parametrize("name", FLAGS)
def test_no_flag_is_accepted_that_changes_nothing(name: str) -> None:
    available = Available(("sketch", "noise"), ("faces",))
    typed = f"a cat --{name} {VALUES.get(name, FLAGS[name].example)}"
    asked = parse(typed, PAINTING, available, of_walk=name in OF_WALKS)
    assert asked != parse("a cat", PAINTING, available)
    assert set(asked.fields) - set(BESIDE) <= {field.name for field in fields(ImagineRequest)}


@pytest.mark.parametrize("name", ["stylize", "s", "v", "tile", "raw", "weird"])
def test_what_only_midjourney_has_is_said_so(name: str) -> None:
    with pytest.raises(PromptError, match=f"^`--{name}` is Midjourney's and would change nothing here; leave it out.$"):
        parse(f"a cat --{name} 50", PAINTING)
