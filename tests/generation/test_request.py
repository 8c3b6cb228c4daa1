import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.course import step_cost
from generation.options import PRESETS, Quality
from generation.request import VERSION, ImagineRequest, Shape, Steering, Target, size_refusal
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
NEW_IN_3 = {
    *("init_weight", "fit", "mask", "quality", "rate", "final_rate", "ema", "smooth", "cutouts", "cuts", "cut_power"),
    *("augment", "grow"),
}
VERSION_1 = """{"id": "f3a91c07", "prompt": "ein Schlo\\u00df", "seed": 7, "width": 128, "height": 64, "steps": 20, \
"member": "", "init": "noise"}"""
VERSION_2 = """{"version": 2, "id": "b", "prompt": "a castle, no fog", "seed": 7, "width": 128, "height": 64, \
"steps": 20, "member": "", "init": "auto", "guild": "", "targets": [{"text": "a castle", "picture": "", \
"weight": 2.0}, {"text": "fog", "picture": "", "weight": -0.5}], "init_picture": "", "canvas": "auto", \
"optimiser": "auto", "outputs": ["png"]}"""
VERSION_3 = """{"version":3,"id":"f3a91c07","prompt":"a street","seed":7,"width":64,"height":64,"steps":20,"member":"",\
"init":"auto","guild":"","targets":[{"text":"a street","picture":"","weight":1.0,"stop":null,"part":0,"noise":null},\
{"text":"a forest","picture":"","weight":1.0,"stop":null,"part":1,"noise":null}],"init_picture":"","canvas":"auto",\
"optimiser":"auto","outputs":["png"],"init_weight":0.0,"fit":"crop","mask":"","without":["fog"],"noise":[],\
"long":"join","quality":"normal","rate":null,"final_rate":null,"ema":null,"smooth":null,"cutouts":null,\
"cuts":"auto","cut_power":null,"augment":null,"grow":null,"fps":null,"length":null}"""
"""As pictures carried them."""


@pytest.mark.parametrize("request_", [REQUEST, EVERYTHING])
def test_json_and_back(request_: ImagineRequest) -> None:
    text = request_.to_json()
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text)["version"] == VERSION
    assert ImagineRequest.from_json(text) == request_


def test_version_1_is_read() -> None:
    old = ImagineRequest.from_json(VERSION_1)
    assert old == ImagineRequest("f3a91c07", "ein Schloß", 7, 128, 64, 20, init="noise", long="cut", grow=0.0)
    assert old.judged_by == (Target("ein Schloß"),)


def test_version_2_is_read_and_what_was_too_long_stays_cut() -> None:
    targets = (Target("a castle", weight=2.0), Target("fog", weight=-0.5))
    old = ImagineRequest.from_json(VERSION_2)
    assert old == ImagineRequest("b", "a castle, no fog", 7, 128, 64, 20, targets=targets, long="cut", grow=0.0)
    assert old.judged_by == targets
    assert ImagineRequest.from_json(old.to_json()) == old


def test_version_3_is_read() -> None:
    targets = Target("a street", part=0), Target("a forest", part=1)
    old = ImagineRequest.from_json(VERSION_3)
    assert old == ImagineRequest("f3a91c07", "a street", 7, 64, 64, 20, targets=targets, without=("fog",), grow=0.0)
    assert old.steering == ()


def test_version_1_is_read_as_it_was_before_it_said_what_to_begin_from() -> None:
    fields = {key: value for key, value in json.loads(VERSION_1).items() if key != "init"}
    assert ImagineRequest.from_json(json.dumps(fields)).init == "auto"


def test_version_2_is_read() -> None:
    fields = {key: value for key, value in json.loads(REQUEST.to_json()).items() if key not in NEW_IN_3}
    assert ImagineRequest.from_json(json.dumps(fields | {"version": 2})) == replace(REQUEST, grow=0.0)


@pytest.mark.parametrize(("quality", "grow"), [("normal", 0.0), ("draft", 0.6), ("best", 0.0)])
def test_a_picture_of_version_5_is_painted_as_it_was_and_not_from_coarse_to_fine(quality: str, grow: float) -> None:
    old = ImagineRequest.from_json(_with(version=5, quality=quality))
    assert old.grow == grow
    assert not old.is_coarse_to_fine
    assert ImagineRequest.from_json(_with(version=5, grow=0.3)).grow == 0.3
    assert ImagineRequest.from_json(_with(quality=quality)).is_coarse_to_fine


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
    ("shape", "multiple", "sizes"),
    [
        ((144, 80), 32, ["128x64", "160x96"]),
        ((128, 80), 32, ["128x64", "128x96"]),
        ((64, 64), 128, ["128x128"]),
    ],
)
def test_the_nearest_sizes_are_named(shape: Shape, multiple: int, sizes: list[str]) -> None:
    refusal = size_refusal(shape, multiple)
    assert refusal is not None
    assert f"multiples of {multiple} pixels" in refusal
    assert refusal.endswith(f"ask for {' or '.join(f'`--size {size}`' for size in sizes)}.")


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 8, 16]))
def test_multiples_are_painted(width: int, height: int, multiple: int) -> None:
    assert size_refusal((16 * width, 16 * height), multiple) is None


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
