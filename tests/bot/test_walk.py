"""What a prompt means as a walk."""

import pytest

from bot.errors import PromptError
from bot.prompt import parse
from bot.walk import walk, waypoints
from config.settings.painting import PaintingSettings
from generation.options import BETWEEN, HOLD, MOST_FRAMES
from generation.request import PNG, ImagineRequest
from generation.waypoint import Waypoint

PAINTING = PaintingSettings()


def walked(text: str) -> ImagineRequest:
    arguments = parse(text, PAINTING, of_walk=True)
    request = arguments.request("w")
    return walk(request, waypoints(arguments, request.seed))


def test_bars_part_the_pictures() -> None:
    request = walked("a red apple | `a | b` --seed 7 --frames 20 --hold 3 --loop --style pencil-sketch")
    ending = ", " + request.prompt.partition(", ")[2].partition(" |")[0]
    assert [each.prompt for each in request.waypoints] == [f"a red apple{ending}", f"`a | b`{ending}"]
    assert {each.seed for each in request.waypoints} == {None}
    assert (request.seed, request.between, request.hold, request.loop) == (7, 20, 3, True)
    assert (request.targets, request.outputs) == ((), (PNG, "mp4"))


def test_a_repeated_text_is_passed_with_the_seeds_that_follow() -> None:
    request = walked("a cat --repeat 3 --seed 4294967295 --video webp")
    assert request.waypoints == (Waypoint("a cat"), Waypoint("a cat", 0), Waypoint("a cat", 1))
    assert request.outputs == (PNG, "webp")
    assert len(walked("a | b --repeat 2").waypoints) == 4


def test_parts_that_begin_so_are_classes() -> None:
    text = "class: golden retriever | Classes: owl:0.7, frog:0.3 | a pear --seed 7 --style ink"
    request = walked(text)
    assert request.canvas == "biggan"
    assert request.waypoints == (
        Waypoint(classes=(("golden retriever", 1.0),)),
        Waypoint(classes=(("owl", 0.7), ("frog", 0.3))),
        Waypoint("a pear, ink drawing"),
    )
    again = walked(f"{request.prompt} --painter biggan --seed 7")
    assert again == request
    assert walked(f"{text[:-11]} --style ink --painter biggan").waypoints == request.waypoints


def test_without_a_style_a_walk_past_classes_stands_as_it_was_typed() -> None:
    for text in (
        "class: owl:0.7, frog:0.3 | class: lotus",
        "class: owl | a pear|class:frog:0.5",
        "class: owl --repeat 2",
    ):
        assert walked(text).prompt == text.removesuffix(" --repeat 2")
    assert walked("class: owl --repeat 2 --seed 1").waypoints[1] == Waypoint(seed=2, classes=(("owl", 1.0),))


def test_for_another_painter_they_are_words() -> None:
    request = walked("class: owl | class: frog --painter vqgan")
    assert [each.prompt for each in request.waypoints] == ["class: owl", "class: frog"]
    assert walked("`class: owl | class: frog` | a pear").canvas == "auto"


@pytest.mark.parametrize("painter", ["siren", "fourier", "neural-style"])
def test_by_a_painter_without_latents_there_is_no_walk(painter: str) -> None:
    with pytest.raises(PromptError, match=f"`--painter {painter}` has none; ask with `--painter vqgan`"):
        walked(f"a | b --painter {painter}")


@pytest.mark.parametrize("text", [f"{' | '.join('abcdefghijklmnop')} --video {kind}" for kind in MOST_FRAMES])
def test_a_walk_fits_into_its_format_where_nothing_else_is_asked_for(text: str) -> None:
    request = walked(text)
    assert request.frames <= MOST_FRAMES[request.outputs[1]]
    assert request.between > 1
    assert (walked("a | b").between, walked("a | b").hold) == (BETWEEN, HOLD)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a red apple", "put `|` between them"),
        ("a::2 | b", "leave out weights and `^`"),
        ("class: owl:2 | a pear", "with shares from 0 to 1"),
        ("class: | a pear", "`--class` takes up to 16 classes"),
        ("class: owl", "put `|` between them"),
        ("class: owl | a::2 | b", "leave out weights and `^`"),
        ("class: owl ^ class: frog", "leave out weights and `^`"),
        ("a ^ b", "leave out weights and `^`"),
        ("a | b | c --repeat 6", "up to 16 pictures, and this one would pass 18"),
        ("a | b --frames 90 --video gif", "for an `mp4`"),
        ("a | b --frames 3000", "The walk would have 3025 frames, and one in the format mp4 can have 3000"),
        ("a | b --frames 0", "`--frames` takes a whole number from 1 to 3000"),
        ("a | b --loop=maybe", "`--loop` takes `yes` or `no`"),
        ("a | b --loop false", "`--loop` takes `yes` or `no`"),
        ("a | b --loop on", "`--loop` takes `yes` or `no`"),
    ],
)
def test_what_is_no_walk_is_refused(text: str, words: str) -> None:
    with pytest.raises(PromptError) as refusal:
        walked(text)
    assert words in str(refusal.value)


@pytest.mark.parametrize("flag", ["--loop", "--frames 20", "--hold 3"])
def test_a_picture_has_no_flags_of_walks(flag: str) -> None:
    with pytest.raises(PromptError, match="is about a walk between pictures"):
        parse(f"a cat {flag}", PAINTING)


def test_all_that_is_there_can_be_one_plain_text() -> None:
    values = parse("a cat —loop at the fair", PAINTING).fields
    assert values["loop"] is False
