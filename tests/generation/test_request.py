import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from generation.course import PIXELS, Course, Part, step_cost
from generation.options import PRESETS, Quality
from generation.request import ImagineRequest
from generation.targets import Steering, Target
from generation.versions import VERSION
from tests.generation.simulated import effort

REQUEST = ImagineRequest("a", "ein Schloß", 7, 128, 64, 20, member="m", init="noise")
EVERYTHING = ImagineRequest(
    "b",
    "a castle, no fog",
    2**32 - 1,
    64,
    64,
    1,
    member="m",
    guild="g",
    targets=(Target("a castle", weight=2.0, stop=0.9, part=0), Target("fog", weight=-0.5), Target(picture="0f" * 32)),
    init_picture="a0" * 32,
    canvas="latent",
    optimiser="adam",
    outputs=("png", "mp4"),
    init_weight=0.5,
    fit="pad",
    mask="1b" * 32,
    without=("people", "fog"),
    noise=((7, 0.5), (2**32 - 1, -1.0)),
    long="cut",
    quality="best",
    rate=0.2,
    final_rate=0.1,
    ema=0.9,
    smooth=1.5,
    cutouts=16,
    cuts="crops",
    cut_power=2.0,
    augment=("flip", "noise"),
    grow=0.6,
    steering=(Steering("a lighthouse", 1.0, adds=True, step=30, by="m"), Steering("fog", 0.0, step=31)),
    zoom=1.02,
    pan=(-2.0, 0.5),
    rotate=-1.5,
    move_every=5,
    dwell=0.0,
    fade=0.5,
    classes=(("owl", 0.7), ("golden retriever", 0.3)),
    truncation=0.5,
    most_classes=2,
)


@pytest.mark.parametrize("request_", [REQUEST, EVERYTHING])
def test_json_and_back(request_: ImagineRequest) -> None:
    text = request_.to_json()
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text)["version"] == VERSION
    assert ImagineRequest.from_json(text) == request_


def _with(**changed: Any) -> str:
    return json.dumps(json.loads(REQUEST.to_json()) | changed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 200_000,
        '{"version": 1}',
        _with(version=VERSION + 1),
        _with(version="2"),
        _with(version=[]),
        _with(seed=-1),
        _with(seed=2**32),
        _with(seed="7"),
        _with(seed=7.5),
        _with(width=0),
        _with(steps=0),
        _with(steps=10**9),
        _with(prompt=None),
        _with(prompt="x" * 20_000),
        _with(init_picture="../../etc/passwd"),
        _with(mask="../../etc/passwd"),
        _with(fit="stretch"),
        _with(init_weight=-1.0),
        _with(targets=[{"text": "a", "weight": "much"}]),
        _with(targets=[{"path": "/etc/passwd"}]),
        _with(targets=[{"text": "a", "stop": 6}]),
        _with(targets=[{"text": "a", "part": -1}]),
        _with(targets=[{"text": "a"}] * 65),
        _with(without="fog"),
        _with(without=["fog"] * 17),
        _with(noise=[7]),
        _with(noise=[[-1, 1.0]]),
        _with(long="very"),
        _with(steering=[{"text": "fog", "weight": 1.0}] * 17),
        _with(steering=[{"text": "", "weight": 1.0}]),
        _with(steering=[{"text": "x" * 201, "weight": 1.0}]),
        _with(steering=[{"text": "fog", "weight": 1e9}]),
        _with(steering=[{"text": "fog", "weight": 1.0, "step": -1}]),
        _with(steering=[{"text": "fog", "weight": 1.0, "by": "x" * 101}]),
        _with(steering=[{"text": "fog"}]),
        _with(command="rm"),
        REQUEST.to_json().replace("20", "NaN"),
        '{"prompt": "\ud800"}',
    ],
)
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"request|validation|JSON|surrogates|recursion|expected|EOF"):
        ImagineRequest.from_json(text)


def test_what_it_is_to_be_without_shares_half_a_weight_beside_the_prompt() -> None:
    request = replace(REQUEST, without=("fog", "rain"))
    assert request.judged_by == (Target("ein Schloß"), Target("fog", weight=-0.25), Target("rain", weight=-0.25))


def test_it_can_travel_without_who_asked() -> None:
    steering = [asdict(each) | {"by": ""} for each in EVERYTHING.steering]
    expected = asdict(EVERYTHING) | {"member": "", "guild": "", "steering": tuple(steering)}
    assert asdict(EVERYTHING.anonymous) == expected


@pytest.mark.parametrize(
    ("prompt", "slug"),
    [
        ("A lighthouse, in a Storm!", "a-lighthouse-in-a-storm-7"),
        ("café crème", "cafe-creme-7"),
        ("../../etc/passwd", "etc-passwd-7"),
        ("منارة", "picture-7"),
        ("🦊", "picture-7"),
        ("x" * 100, f"{'x' * 40}-7"),
    ],
)
def test_file_names_are_plain(prompt: str, slug: str) -> None:
    assert ImagineRequest("r0", prompt, 7, 64, 64, 1).slug == slug


def test_it_says_which_pictures_it_takes() -> None:
    assert EVERYTHING.pictures == {"0f" * 32, "a0" * 32, "1b" * 32}
    assert REQUEST.pictures == set()


def test_a_request_costs_what_its_pixels_and_cutouts_take() -> None:
    plain = ImagineRequest("a", "a red apple", 1, 128, 64, 20)
    assert plain.cost() == step_cost((128, 64)) * 20
    assert effort(plain) == 1
    assert replace(plain, cutouts=32).cost() == plain.cost()
    assert replace(plain, cutouts=64).cost() == (128 * 64 + 2 * 256 * 256) * 20
    assert replace(plain, grow=0.5).cost() == plain.cost() - 0.5 * 0.75 * 128 * 64 * 20
    assert effort(replace(plain, cutouts=64)) == pytest.approx((128 * 64 + 2 * 256**2) / (128 * 64 + 256**2))


def test_a_stage_without_steps_costs_an_encoding_and_a_decoding() -> None:
    asked = ImagineRequest("a", "a red apple", 1, 512, 256, 20)
    pixels = Part(0.5, PIXELS, side=64)
    steps = Course(coarse_to_fine=(pixels, pixels))
    passing = Course(coarse_to_fine=(pixels, pixels, Part(0, side=128), Part(0)))
    expected = 2 / 3 * (256 * 128 + 512 * 256)
    assert asked.cost(course=passing) == pytest.approx(asked.cost(course=steps) + expected, abs=1)
    assert asked.cost(course=passing, since=20) == pytest.approx(expected, abs=1)
    assert replace(asked, grow=0.0).cost(course=passing) == asked.cost()
    small = replace(asked, width=64, height=128)
    once = small.cost(course=passing) - small.cost(course=steps)
    assert once == pytest.approx(2 / 3 * 64 * 128, abs=1), "what the next does again is left out"


@pytest.mark.parametrize("quality", PRESETS)
def test_no_quality_costs_more_than_four_times_the_normal(quality: Quality) -> None:
    plain = ImagineRequest("a", "a red apple", 1, 512, 512, 100)
    asked = replace(plain, quality=quality, steps=round(100 * PRESETS[quality].steps))
    assert asked.cost() <= 4 * plain.cost()


def test_what_is_stopped_costs_the_steps_that_are_taken() -> None:
    plain = ImagineRequest("a", "a red apple", 1, 128, 64, 20)
    assert [replace(plain, stop=stop).end_step for stop in (10, 50, 100)] == [2, 10, 20]
    assert replace(plain, steps=1, stop=10).end_step == 1
    assert replace(plain, stop=50).cost() == plain.cost() / 2
    assert effort(replace(plain, stop=50)) == 1
    grown = replace(plain, grow=0.5)
    assert replace(grown, stop=50).cost() < grown.cost() / 2
    assert effort(replace(grown, stop=50)) == effort(replace(grown, stop=20)) < 1
