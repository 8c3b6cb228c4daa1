"""That an entry of the table is all that a flag needs."""

import re
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from bot.caption import Caption, Painted
from bot.errors import PromptError
from bot.flags.flag import NOTHING_KNOWN, Available, Flag
from bot.flags.table import FLAGS, OF_WALKS, ORDER, SUBJECTS
from bot.flags.usual import BESIDE
from bot.listing import help_text
from bot.prompt import parse
from config.layers import load
from easel.cli import main
from easel.imagine import request
from generation.request import ImagineRequest

MEMBERS = Path(__file__).parents[3] / "docs" / "members.md"
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


def test_each_place_in_the_order_is_a_flag_of_one_subject() -> None:
    assert tuple(FLAGS) == ORDER
    assert sum(len(subject.FLAGS) for subject in SUBJECTS) == len(ORDER)


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
