"""What requests of earlier versions mean now."""

import json
from dataclasses import replace
from typing import Any

import pytest

from generation.request import ImagineRequest
from generation.targets import Target

REQUEST = ImagineRequest("a", "ein Schloß", 7, 128, 64, 20, member="m", init="noise")
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


def as_json(**changed: Any) -> str:
    return json.dumps(json.loads(REQUEST.to_json()) | changed)


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
    old = ImagineRequest.from_json(as_json(version=5, quality=quality))
    assert old.grow == grow
    assert not old.is_coarse_to_fine
    assert ImagineRequest.from_json(as_json(version=5, grow=0.3)).grow == 0.3
    assert ImagineRequest.from_json(as_json(quality=quality)).is_coarse_to_fine
