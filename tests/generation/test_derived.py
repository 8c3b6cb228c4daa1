"""What is asked for next from a request whose picture is finished."""

from dataclasses import replace

import pytest

from generation.derived import again, continued, larger, vary
from generation.errors import RequestError
from generation.prompt import read
from generation.request import ImagineRequest
from generation.targets import Steering, Target

PICTURE, OTHER = "1" * 64, "2" * 64
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=128, height=96, steps=100, member="m", guild="g")
BEGUN = replace(REQUEST, init_picture=OTHER, mask=OTHER, init_weight=5.0, grow=0.6, quality="draft")


def test_again_is_the_same_with_another_seed() -> None:
    assert again(BEGUN, 2) == replace(BEGUN, seed=2)


@pytest.mark.parametrize(
    "next_request",
    [
        vary(BEGUN, PICTURE, False, 2),
        vary(BEGUN, PICTURE, True, 2),
        continued(BEGUN, PICTURE, 50),
        larger(BEGUN, PICTURE, 512),
    ],
)
def test_it_begins_from_the_finished_picture_and_keeps_to_its_mask(next_request: ImagineRequest) -> None:
    assert (next_request.init_picture, next_request.mask) == (PICTURE, BEGUN.mask)
    assert next_request.init_picture == PICTURE
    assert (next_request.init_weight, next_request.grow) == (0, 0)
    kept = ("id", "member", "guild", "prompt", "quality")
    assert [getattr(next_request, name) for name in kept] == [getattr(BEGUN, name) for name in kept]
    assert ImagineRequest.from_json(next_request.to_json()) == next_request


def test_it_begins_from_nothing_that_the_finished_one_began_from() -> None:
    assert vary(replace(REQUEST, init="fractal"), PICTURE, True, 2).init == "auto"


def test_a_strong_variation_goes_further_than_a_subtle_one() -> None:
    subtle, strong = (vary(REQUEST, PICTURE, strong, 2) for strong in (False, True))
    assert subtle.variation < strong.variation
    assert subtle.strength is not None
    assert strong.strength is not None
    assert subtle.strength < strong.strength
    assert subtle.steps < strong.steps < REQUEST.steps


def test_variations_of_variations_take_no_fewer_steps() -> None:
    once = vary(REQUEST, PICTURE, True, 2)
    assert vary(once, OTHER, True, 3).steps == once.steps


def test_as_many_steps_as_asked_for_are_painted_on() -> None:
    same, turned = continued(REQUEST, PICTURE, 70), continued(REQUEST, PICTURE, 70, turned=True)
    assert (same.steps, turned.steps, same.seed) == (70, 70, REQUEST.seed)
    assert same.strength is not None
    assert turned.strength is not None
    assert same.strength < turned.strength


@pytest.mark.parametrize(
    ("shape", "most", "expected"),
    [
        ((128, 96), 512, (256, 192)),
        ((256, 256), 512, (512, 512)),
        ((384, 256), 512, (512, 336)),
        ((64, 400), 512, (80, 512)),
        ((64, 64), 128, (128, 128)),
    ],
)
def test_it_becomes_twice_as_large_or_as_large_as_may_be(
    shape: tuple[int, int], most: int, expected: tuple[int, int]
) -> None:
    width, height = shape
    assert larger(replace(REQUEST, width=width, height=height), PICTURE, most).shape == expected


@pytest.mark.parametrize("shape", [(512, 512), (512, 64), (448, 64)])
def test_the_largest_is_refused(shape: tuple[int, int]) -> None:
    width, height = shape
    with pytest.raises(RequestError, match=f"as large as can be: it has {width}x{height} of at most 512 pixels"):
        larger(replace(REQUEST, width=width, height=height), PICTURE, 512)


def test_what_was_said_in_the_course_of_it_counts_from_the_first_step() -> None:
    said = (Steering("blue", 1.0, step=20, by="m"), Steering("fog", -0.5, step=90, by="m"))
    steered = replace(REQUEST, steering=said)
    assert [each.step for each in vary(steered, PICTURE, True, 2).steering] == [0, 0]
    assert vary(steered, PICTURE, True, 2).judged_by == steered.judged_by
    assert again(steered, 2).steering == said


def test_a_story_goes_on_with_its_last_part() -> None:
    text = "a seed ^ a tree | a cat::0.5"
    targets = (*read(text), Target(picture=OTHER))
    story = replace(REQUEST, prompt=text, targets=targets)
    on = continued(story, PICTURE, 50)
    assert on.targets == (Target("a tree"), Target("a cat", weight=0.5), Target(picture=OTHER))
    assert read(on.prompt) == on.targets[:2]
    assert on.pictures == {PICTURE, OTHER}
    assert again(story, 2).targets == targets
