"""What may be said in Python is what flags say, and asks for the same."""

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.flags.table import FLAGS
from config.settings import Settings
from easel.arguments import PaintArguments, read, with_shared
from easel.imagine import request
from generation.latents import Latent, pack
from generation.metadata import Metadata
from generation.request import OF_FILM, ImagineRequest
from generation.targets import Steering, Target

SETTINGS = Settings()
PAINTING = SETTINGS.painting
PROMPT = "a red apple | the sea::0.5"
ELSEWHERE = {"as", "iw", "repeat", "frames", "hold", "loop"}
"""Flags of attached pictures, which ``init`` and ``target`` say, of several, which ``batch`` paints, and of walks."""
VALUES: Mapping[str, tuple[str, Any]] = {
    "seed": ("7", 7),
    "size": ("192x128", (192, 128)),
    "w": ("192", 192),
    "h": ("64", 64),
    "quality": ("draft", "draft"),
    "steps": ("12", 12),
    "painter": ("fourier", "fourier"),
    "model": ("default", "default"),
    "class": ("mushroom:0.7, owl:0.3", {"mushroom": 0.7, "owl": 0.3}),
    "truncation": ("0.5", 0.5),
    "max-classes": ("3", 3),
    "stop": ("50", 50),
    "until-still": ("20", 20),
    "chaos": ("20", 20),
    "style": ("oil-painting", "oil-painting"),
    "init": ("noise", "noise"),
    "init-weight": ("5", 5),
    "fit": ("pad", "pad"),
    "no": ("fog, two people", ["fog", "two people"]),
    "noise": ("7:0.5,8", {7: 0.5, 8: 1}),
    "long": ("cut", "cut"),
    "optimiser": ("adagrad", "adagrad"),
    "rate": ("0.2", 0.2),
    "final-rate": ("0.1", 0.1),
    "ema": ("0.9", 0.9),
    "smooth": ("2", 2),
    "cutouts": ("64", 64),
    "cuts": ("pooled", "pooled"),
    "cut-power": ("2", 2.0),
    "augment": ("flip,noise", ["flip", "noise"]),
    "grow": ("0.6", 0.6),
    "strength": ("0.5", 0.5),
    "variation": ("0.05", 0.05),
    "zoom": ("1.02", 1.02),
    "pan": ("2,-1", (2, -1)),
    "rotate": ("0.5", 0.5),
    "move-every": ("5", 5),
}


def argument(flag: str) -> str:
    return "classes" if flag == "class" else flag.replace("-", "_")


def read_request(prompt: str, **arguments: Any) -> ImagineRequest:
    return replace(read(prompt, PAINTING, {"seed": 1, **arguments})[0], id="imagine")


def test_there_is_an_argument_for_each_flag() -> None:
    names = {argument(name) for name in FLAGS.keys() - ELSEWHERE}
    assert names <= PaintArguments.__annotations__.keys()
    assert {*VALUES} == FLAGS.keys() - ELSEWHERE - {"video"}


@pytest.mark.parametrize("flag", VALUES)
def test_it_asks_for_what_the_flag_asks_for(flag: str) -> None:
    typed, value = VALUES[flag]
    seed = {} if flag == "seed" else {"seed": "1"}
    start = {"init": Image.new("RGB", (8, 8))} if flag in {"strength", "variation"} else {}
    moved = {"zoom": "1.1"} if flag == "move-every" else {}
    asked = read_request(PROMPT, **{argument(flag): value}, **start, **{name: float(by) for name, by in moved.items()})
    assert bool(asked.init_picture) == bool(start)
    assert replace(asked, init_picture="") == request(PROMPT, SETTINGS, {flag: typed, **seed, **moved})


def test_what_is_said_of_all_is_left_out_where_it_says_nothing() -> None:
    shared = {"fps": 30, "move_every": 5, "strength": 0.5, "steps": 7}
    assert with_shared({"prompt": "a"}, shared) == {"steps": 7, "prompt": "a"}
    own = {"video": "mp4", "zoom": 1.1, "init": "a.png"}
    assert with_shared(own, shared) == {**shared, **own}
    assert with_shared({"video": None, "fps": 25}, shared) == {"steps": 7, "video": None, "fps": 25}


def test_an_aspect_is_a_size() -> None:
    assert read_request("a", size="16:9") == request("a", SETTINGS, {"seed": "1", "size": "16:9"})


def test_a_style_ends_a_plain_prompt_too() -> None:
    assert read_request("a", style="ink").prompt == "a, ink drawing"


def test_a_film_has_the_pace_that_is_asked_for() -> None:
    pace: dict[str, Any] = dict.fromkeys(OF_FILM, 3.0)
    assert read_request("a", video="gif", **pace) == replace(read_request("a", video="gif"), **pace)


def test_flags_in_a_prompt_are_text() -> None:
    assert read_request("a cat --seed 7").prompt == "a cat --seed 7"


def test_numbers_may_be_of_numpy() -> None:
    assert read_request("a", seed=np.int64(3), rate=np.float64(0.5)) == read_request("a", seed=3, rate=0.5)


def test_steering_counts_from_its_steps() -> None:
    asked = read_request("a", steps=40, steer={30: "more: fog", 10: "less: a lighthouse"})
    assert asked.steering == (
        Steering("a lighthouse", -0.5, adds=True, step=10),
        Steering("fog", 1.0, adds=True, step=30),
    )


def test_pictures_are_taken_from_files_bytes_and_memory(tmp_path: Path) -> None:
    picture = Image.new("RGB", (20, 10), "red")
    file, buffer = tmp_path / "red.png", io.BytesIO()
    picture.save(file)
    picture.save(buffer, "PNG")
    for given in (picture, file, str(file), buffer.getvalue()):
        asked, pictures = read("a", PAINTING, {"init": given, "mask": picture, "target": [given, (picture, 0.5)]})
        assert asked.pictures == pictures.keys()
        assert asked.targets[0] == Target("a")
        assert [each.weight for each in asked.targets] == [1, 1, 0.5]
        assert read_request("a", target=(given, 0.5)).targets == (Target("a"), asked.targets[2])
        for data in pictures.values():
            with Image.open(io.BytesIO(data)) as image:
                assert image.convert("RGB").tobytes() == picture.tobytes()


def test_a_latent_says_the_size(tmp_path: Path) -> None:
    asked = read_request("a")
    data = pack(Latent("vqgan", 64, 32, 4, 4, 8), bytes(4 * 4 * 4 * 8), Metadata(asked))
    (tmp_path / "a.safetensors").write_bytes(data)
    with pytest.raises(ValueError, match="strength is about a picture to begin from"):
        read("a", PAINTING, {"init_latent": data, "strength": 0.5})
    for given in (data, tmp_path / "a.safetensors"):
        begun, pictures = read("a", PAINTING, {"init_latent": given})
        assert begun.shape == (64, 32)
        assert pictures == {begun.init_latent: data}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"steps": 0}, "steps: input should be greater than or equal to 1"),
        ({"steps": 2.5}, "steps: input should be a valid integer"),
        ({"size": "12"}, "size is width and height"),
        ({"size": (64, 64, 3)}, "size is width and height"),
        ({"size": "16:1"}, "size: One side of a picture can be up to"),
        ({"no": ["x"] * 17}, "no: "),
        ({"rate": "much"}, "rate: input should be a valid number"),
        ({"rate": float("nan")}, "rate: "),
        ({"quality": "worst"}, "quality: "),
        ({"style": "inks"}, "there is no style 'inks'; there are ink"),
        ({"init": "nowhere.png"}, "nowhere.png: No such file"),
        ({"init": b"nothing"}, "init: That file is no picture"),
        ({"init_latent": b"nothing"}, "init_latent: The latent is damaged"),
        ({"mask": Image.new("L", (8, 8))}, "mask needs init"),
        ({"move_every": 2}, "move_every is about how often it is moved; add zoom, pan or rotate"),
        ({"strength": 0.5}, "strength is about a picture to begin from; name it with init"),
        ({"variation": 0.1, "init": "noise"}, "variation is about a picture to begin from"),
        ({"size": "192x128", "w": 256}, "size says the width and the height; leave w and h out"),
        ({"steer": {3: "fog"}}, "steer: say more: or less:"),
        ({"steer": {300: "more: fog"}}, "steer: the picture has the steps 0 to 249"),
        *(({name: 3}, f"{name} is about a film; ask for one with video") for name in OF_FILM),
        ({"video": "avi"}, "video is mp4, gif, webp, not 'avi'"),
    ],
    ids=lambda value: value if isinstance(value, str) else ", ".join(value),
)
def test_what_is_wrong_is_said(arguments: Mapping[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read("a red apple", PAINTING, arguments)


def test_no_words_are_refused() -> None:
    with pytest.raises(ValueError, match="say what to paint"):
        read("  ", PAINTING, {})
    with pytest.raises(ValueError, match="no text with a weight above 0"):
        read("a | b::-2 ^ c::-1", PAINTING, {})


def test_the_nearest_name_is_said() -> None:
    with pytest.raises(TypeError, match="there is no argument sed; did you mean seed"):
        read("a", PAINTING, {"sed": 1})
    with pytest.raises(TypeError, match="seed cannot be of the type object"):
        read("a", PAINTING, {"seed": object()})


@pytest.mark.parametrize(
    ("name", "value"),
    [("size", 64), ("classes", ["owl"]), ("noise", [1]), ("no", 5), ("augment", 3), ("steer", ["a"]), ("init", 7)],
)
def test_a_wrong_type_is_said_with_the_name(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"{name} cannot be of the type {type(value).__name__}"):
        read("a", PAINTING, {name: value})


def test_a_prompt_is_text() -> None:
    with pytest.raises(TypeError, match="prompt cannot be of the type int"):
        read(7, PAINTING, {})  # type: ignore[arg-type]
