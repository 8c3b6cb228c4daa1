"""Files that say how they were made: shown as a command, and made again, through a real worker."""

import io
import json
import re
import shlex
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from config.layers import load
from config.settings.models import ModelsSettings
from easel.again import asked, command, difference, with_outputs, with_pictures
from easel.imagine import request as typed
from easel.steering import steer
from generation.errors import MetadataError
from generation.metadata import DAMAGED, NO_FILE, NO_REQUEST, Metadata, Setup, encode, read
from generation.request import OF_FILM, ImagineRequest
from generation.targets import Steering, Target
from generation.waypoint import Waypoint
from tests.easel.conftest import Easel
from tests.easel.kept import KeptWorkers
from tests.easel.processes import settings_for
from tests.fuzz.metadata import SIGNATURE, chunk

SMALL = ["--size", "64x64", "--steps", "3"]
SETTINGS = load()
SETUP = Setup("pocket", "pocket", "f" * 64, "float32", "cpu", 2, "2.13.0", "0.1.0")
CAT = ImagineRequest("r", "a cat", 7, 64, 64, 3)


def pixels(file: Path) -> bytes:
    with Image.open(file) as image:
        return image.convert("RGB").tobytes()


def shown(metadata: Metadata, name: str = "a.png") -> list[str]:
    return shlex.split(command(Path(name), metadata, SETTINGS.painting, SETTINGS.models))


@pytest.mark.parametrize(("name", "more"), [("a.png", []), ("a.webp", ["--init", "fractal", "--no", "fog, rain"])])
def test_what_show_prints_makes_the_same_picture(
    tmp_path: Path,
    tiny_models: ModelsSettings,
    name: str,
    more: list[str],
    kept: KeptWorkers,
) -> None:
    models = settings_for(tiny_models)
    code, _, err = kept.finish(
        tmp_path, "imagine", "it's 12:30; a $HOME | red:2", "--out", name, *SMALL, *more, *models
    )
    assert (code, err) == (0, "")
    code, line, err = kept.finish(tmp_path, "show", name)
    assert code == 0
    assert err.startswith("Painted with vqgan.yaml and clip.pt in ")
    program, subcommand, *words = shlex.split(line)
    assert (program, subcommand) == ("easel", "imagine")
    for option in ("--vqgan", "--clip"):
        del words[words.index(option) : words.index(option) + 2]
    (tmp_path / "elsewhere").mkdir()
    code, _, err = kept.finish(tmp_path / "elsewhere", subcommand, *words, *models)
    assert (code, err) == (0, "")
    assert pixels(tmp_path / "elsewhere" / name) == pixels(tmp_path / name)


def test_a_steered_picture_is_made_again_and_its_steering_is_shown(
    tmp_path: Path, tiny_models: ModelsSettings, kept: KeptWorkers
) -> None:
    models = settings_for(tiny_models)
    small = ["--size", "64x64", "--steps", "8", "--init", "noise"]
    said = ["--steer", "3: more: it's a lighthouse | less: fog", "--steer", "5: the sea::0.5"]
    code, _, err = kept.finish(tmp_path, "imagine", "the sea", "--out", "a.png", *small, *said, *models)
    assert (code, err) == (0, "")
    code, line, err = kept.finish(tmp_path, "show", "a.png")
    assert code == 0
    assert "Steered at step 3: more: it's a lighthouse | less: fog; at step 5: the sea::0.5.\n" in err
    words = shlex.split(line)[2:]
    assert [words[place + 1] for place, word in enumerate(words) if word == "--steer"] == [
        "3: more: it's a lighthouse | less: fog",
        "5: the sea::0.5",
    ]
    for option in ("--vqgan", "--clip"):
        del words[words.index(option) : words.index(option) + 2]
    words[words.index("--out") + 1] = "b.png"
    again = [
        words,
        ["--from", "a.png", "--out", "c.png"],
        ["--from", "a.png", "--out", "d.png", "--steer", "3: more: rain"],
    ]
    for each in again:
        code, _, err = kept.finish(tmp_path, "imagine", *each, *models)
        assert (code, err) == (0, "")
    assert pixels(tmp_path / "a.png") == pixels(tmp_path / "b.png") == pixels(tmp_path / "c.png")
    assert [each.text for each in read((tmp_path / "d.png").read_bytes()).request.steering] == ["rain"]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("more: fog", "--steer takes a step and what is said then, as in --steer '30: more: a lighthouse'"),
        ("3: fog", "--steer takes a step and what is said then, as in --steer '30: more: a lighthouse'"),
        ("99: more: fog", "--steer 99: the picture has the steps 0 to 2"),
        ("1: a cat::0", "Nothing with a weight above 0 would be left; say also what there should be more of."),
        ("1: more: fog::0", "Behind more: a weight is above 0; to take a text out, say fog::0."),
    ],
)
def test_steering_that_cannot_be_is_refused(said: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=rf"^{re.escape(sentence)}$"):
        steer(CAT, [said])


def test_steering_that_cannot_be_typed_is_taken_from_the_file() -> None:
    odd = replace(CAT, steering=(Steering("fog", 0.0, adds=True, step=1),))
    assert shown(Metadata(odd)) == ["easel", "imagine", "--out", "a.png", "--from", "a.png"]
    late = replace(CAT, steering=(Steering("fog", 1.0, step=7),))
    assert "--from" in shown(Metadata(late))


def test_a_picture_from_pictures_is_made_again_without_them(
    tmp_path: Path, tiny_models: ModelsSettings, kept: KeptWorkers
) -> None:
    models = settings_for(tiny_models)
    Image.radial_gradient("L").convert("RGB").save(tmp_path / "start.jpg")
    Image.linear_gradient("L").save(tmp_path / "mask.png")
    words = ["--init", "start.jpg", "--mask", "mask.png", "--target", "start.jpg:0.5", "--out", "a.jpg", *SMALL]
    code, _, err = kept.finish(tmp_path, "imagine", "a red apple", *words, *models)
    assert (code, err) == (0, "")
    made = read((tmp_path / "a.jpg").read_bytes())
    assert made.request.pictures == made.pictures.keys()
    (tmp_path / "start.jpg").unlink()
    (tmp_path / "mask.png").unlink()
    for again in ("b.png", "c.png"):
        code, _, err = kept.finish(tmp_path, "imagine", "--from", "a.jpg", "--out", again, *models)
        assert (code, err) == (0, "")
    assert pixels(tmp_path / "b.png") == pixels(tmp_path / "c.png")
    assert replace(read((tmp_path / "b.png").read_bytes()).request, id="") == replace(made.request, id="")
    code, _, err = kept.finish(tmp_path, "imagine", "--from", "b.png", "--out", "d.png", "--init", "noise", *models)
    assert (code, err) == (0, "")
    assert pixels(tmp_path / "d.png") != pixels(tmp_path / "b.png")
    assert read((tmp_path / "d.png").read_bytes()).request.init_picture == ""


def test_another_model_is_told_in_a_line(tmp_path: Path, tiny_models: ModelsSettings, kept: KeptWorkers) -> None:
    (tmp_path / "a.png").write_bytes(encode(Image.new("RGB", (64, 64)), "PNG", Metadata(CAT, SETUP)))
    code, _, err = kept.finish(tmp_path, "imagine", "--from", "a.png", "--out", "b.jpg", *settings_for(tiny_models))
    assert code == 0
    assert err.startswith("easel: this can be another picture: it was made with other models (pocket, pocket)")
    assert err.count("\n") == 1


@pytest.mark.parametrize("kind", ["mp4", "gif", "webp"])
def test_a_video_is_made_beside_the_picture(
    tmp_path: Path, tiny_models: ModelsSettings, kind: str, kept: KeptWorkers
) -> None:
    film = f"run.{kind}"
    words = ["imagine", "a red apple", "--out", "a.png", "--video", film, *SMALL, "--seed", "7", "--length", "2"]
    code, _, err = kept.finish(tmp_path, *words, *settings_for(tiny_models))
    assert (code, err) == (0, "")
    made = read((tmp_path / film).read_bytes())
    assert made == read((tmp_path / "a.png").read_bytes())
    assert made.request.outputs == ("png", kind)
    words = shown(made, film)
    assert words[words.index("--video") + 1] == film
    assert words[words.index("--length") + 1] == "2"
    assert words[words.index("--out") + 1] == "run.png"
    again = "imagine", "--from", film, "--out", "b.png", "--video", f"again.{kind}"
    assert kept.finish(tmp_path, *again, *settings_for(tiny_models))[0] == 0
    assert read((tmp_path / f"again.{kind}").read_bytes()).request.length == 2
    if kind == "mp4":
        with av.open(io.BytesIO((tmp_path / film).read_bytes()), "r") as container:
            assert sum(1 for _ in container.decode(video=0)) >= 3
    else:
        with Image.open(tmp_path / film) as image:
            assert image.n_frames >= (3 if kind == "gif" else 1)  # type: ignore[attr-defined]


def test_what_there_is_to_know_as_json(easel: Easel) -> None:
    request = replace(CAT, init_picture="0f" * 32, targets=(Target("a cat"), Target(picture="0e" * 32)))
    Path("a.png").write_bytes(encode(Image.new("RGB", (64, 64)), "PNG", Metadata(request, SETUP)))
    code, out, err = easel("show", "a.png", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told.keys() == {"command", "request", "setup", "pictures", "missing"}
    assert told["missing"] == ["0e" * 32, "0f" * 32]
    assert told["setup"]["precision"] == "float32"
    assert told["request"]["seed"] == 7
    _, _, err = easel("show", "a.png")
    assert "It was painted from 2 pictures that this one does not hold, of SHA-256 0e0e" in err
    code, _, err = easel("imagine", "--from", "a.png", "--out", "b.png")
    assert code == 2
    assert "give --init or --target what is not in the file" in err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "No such file or directory."),
        (b"no picture", NO_FILE),
        (SIGNATURE + chunk(b"tEXt", b"a\0b"), NO_REQUEST),
        (SIGNATURE + chunk(b"iTXt", b"easel\0\0\0\0\0" + b"[" * 50_000), DAMAGED),
    ],
)
@pytest.mark.parametrize("words", [["show", "a.png"], ["imagine", "--from", "a.png", "--out", "b.png"]])
def test_what_is_none_ends_in_a_sentence(easel: Easel, content: bytes | None, sentence: str, words: list[str]) -> None:
    if content is not None:
        Path("a.png").write_bytes(content)
    assert easel(*words) == (1, "", f"easel: a.png: {sentence}\n")


def test_a_device_is_no_file(easel: Easel) -> None:
    assert easel("show", "/dev/zero") == (1, "", "easel: /dev/zero: It is not a file.\n")


def test_a_file_of_two_gigabytes_is_not_read(easel: Easel) -> None:
    with Path("a.png").open("wb") as file:
        file.write(SIGNATURE + b"\x7f\xff\xff\xfftEXt")
        file.truncate(2**31)
    assert easel("show", "a.png") == (1, "", "easel: a.png: It is larger than 64 MB, as no picture of Easel's is.\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--out", "a.png"], "say what to paint, or --from, --continue, --vary or --larger which file"),
        (["a cat", "--out", "a.webp", "--video", "a.webp"], "cannot go into one file"),
        (["a cat", "--out", "a.png", "--video", "a.avi"], "should end in .mp4, .gif or .webp"),
        (["a cat --video", "--out", "a.png"], "leave --video out of the prompt"),
        (["a cat --iw 2", "--out", "a.png"], "leave --iw out of the prompt"),
        (["a cat", "--out", "a.bmp"], "should end in .png, .jpg, .jpeg or .webp"),
        (["a cat", "--out", "a.png", "--video", "a.mp4", "--fps", "0"], "--fps"),
    ],
)
def test_what_cannot_be_is_wrong_usage(easel: Easel, words: list[str], sentence: str) -> None:
    code, out, err = easel("imagine", *words)
    assert (code, out) == (2, "")
    assert sentence in " ".join("".join(character for character in err if character not in "│╭╮╰╯─").split())


@pytest.mark.parametrize("name", OF_FILM)
@pytest.mark.parametrize("source", [[], ["--from", "film.png"]])
def test_what_is_about_a_film_is_refused_where_there_is_none(easel: Easel, name: str, source: list[str]) -> None:
    filmed = Metadata(replace(CAT, outputs=("png", "mp4"), fps=12.0))
    Path("film.png").write_bytes(encode(Image.new("RGB", (64, 64)), "PNG", filmed))
    code, out, err = easel("imagine", "a cat", "--out", "a.png", f"--{name}", "3", *source)
    assert (code, out) == (2, "")
    assert f"--{name} is about a film; name its file with --video FILE" in " ".join(err.replace("│", " ").split())


def test_a_painter_whose_weights_nobody_names_is_refused_from_a_file_too() -> None:
    made = Metadata(replace(CAT, canvas="neural-style"), SETUP)
    with pytest.raises(ValueError, match=r"name its weights with models\.vgg=FILE"):
        asked(None, made, SETTINGS, {})
    named = load(arguments=["models.vgg=vgg19.pth"])
    assert asked(None, made, named, {}).painter == "neural-style"


def test_a_film_keeps_its_pace_and_a_picture_has_none() -> None:
    filmed = replace(CAT, outputs=("png", "mp4"), fps=12.0, fade=1.0)
    assert with_outputs(filmed, ["png", "gif"], {"fps": None, "fade": 2.0}) == replace(
        filmed, outputs=("png", "gif"), fade=2.0
    )
    assert with_outputs(filmed, ["png"], {"fps": None, "fade": None}) == CAT
    assert not {"--fps", "--fade"} & {*shown(Metadata(replace(filmed, outputs=("png",)), SETUP))}


PROMPTS = [
    "a red apple",
    "a --seed 7 cat",
    "-5 degrees",
    "--size",
    'it\'s "quoted" $HOME `code` !',
    "```python\n--seed```",
    "a | b:2 ^ c",
    "C:\\x.png at 12:30, https://example.org/?a=b",
    "🦊 \u202e مرحبا",
    "",
    "x" * 5000,
    "\0",
    "key=value",
]


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("pictures", [{}, {"init_picture": "0f" * 32}])
def test_the_command_asks_for_the_same_whatever_the_prompt(prompt: str, pictures: dict[str, str]) -> None:
    _asks_for_the_same(replace(CAT, prompt=prompt, **pictures))  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(
    st.builds(
        ImagineRequest,
        id=st.just("r"),
        prompt=st.text(max_size=100) | st.sampled_from(PROMPTS),
        seed=st.integers(0, 2**32 - 1),
        width=st.sampled_from([64, 128, 1 << 15]),
        height=st.sampled_from([64, 63]),
        steps=st.integers(1, 5000),
        init=st.sampled_from(["auto", "noise", "--evil"]),
        fit=st.sampled_from(["crop", "pad"]),
        init_weight=st.sampled_from([0.0, 5.0, 1e-9]),
        without=st.lists(st.text(max_size=9), max_size=2).map(tuple),
        targets=st.lists(st.builds(Target, text=st.text(max_size=9), weight=st.floats(-9, 9)), max_size=2).map(tuple),
        outputs=st.sampled_from([("png",), ("png", "gif"), ()]),
        long=st.sampled_from(["join", "cut"]),
    )
)
def test_any_command_asks_for_the_same_or_takes_it_from_the_file(request: ImagineRequest) -> None:
    _asks_for_the_same(request)


def _asks_for_the_same(request: ImagineRequest) -> None:
    """Check a command, as the command line reads it, without its models and what is made beside the picture."""
    program, subcommand, *words = shown(Metadata(request, SETUP))
    assert (program, subcommand) == ("easel", "imagine")
    values: dict[str, str] = {}
    prompt = None
    while words:
        word = words.pop(0)
        if word == "--":
            (prompt,) = words
            break
        if not word.startswith("--"):
            assert prompt is None
            prompt = word
            continue
        name, given, value = word[2:].partition("=")
        values[name] = value if given else words.pop(0)
    assert ("from" in values) == (prompt is None or bool(request.pictures))
    values = {name: value for name, value in values.items() if name not in {"out", "from", "video", "precision"}}
    if prompt is None:
        assert not values
    else:
        same = typed(prompt, SETTINGS, values)
        assert replace(same, id="r", outputs=request.outputs, init_picture=request.init_picture) == request


def test_what_cannot_be_typed_any_more_is_taken_from_the_file() -> None:
    for odd in (replace(CAT, strength=0.5), replace(CAT, move_every=5)):
        assert shown(Metadata(odd))[2:] == ["--out", "a.png", "--from", "a.png"]


def test_changes_are_taken_and_the_rest_stays() -> None:
    before = replace(
        CAT, init="noise", targets=(Target("a cat", weight=2.0), Target(picture="0e" * 32)), mask="0f" * 32
    )
    metadata = Metadata(before, SETUP)
    assert asked(None, metadata, SETTINGS, {"seed": None}) == replace(before, id="imagine")
    for weight in (0.000001, 123.456789):
        assert asked(None, Metadata(replace(before, init_weight=weight)), SETTINGS, {}).init_weight == weight
    changed = asked(None, metadata, SETTINGS, {"seed": "8", "init_weight": "5", "size": None})
    assert changed == replace(before, id="imagine", seed=8, init_weight=5.0)
    wide = replace(before, width=192, height=256)
    for flag, shape in (("w", (64, 256)), ("h", (192, 64))):
        narrow = asked(None, Metadata(wide), SETTINGS, {flag: "64"})
        assert (narrow.shape, narrow) == (shape, replace(wide, id="imagine", width=shape[0], height=shape[1]))
    steered = replace(before, steering=(Steering("fog", 1.0, step=3), Steering("the moon", 1.0, step=9)))
    assert asked(None, Metadata(steered), SETTINGS, {"steps": "5"}).steering == steered.steering[:1]
    prompted = asked("a dog", metadata, SETTINGS, {})
    assert prompted.prompt == "a dog"
    assert prompted.targets == (Target("a dog"), Target(picture="0e" * 32))
    assert asked(None, metadata, SETTINGS, {}, begins="picture") == replace(before, id="imagine", init="auto", mask="")
    moving = Metadata(replace(CAT, zoom=1.5, move_every=5))
    assert asked(None, moving, SETTINGS, {"zoom": "1"}) == replace(CAT, id="imagine")
    assert asked(None, moving, SETTINGS, {"zoom": "2"}).move_every == 5
    assert asked(None, Metadata(replace(CAT, move_every=5)), SETTINGS, {}).move_every == 5
    started = Metadata(replace(CAT, init_picture="0f" * 32, strength=0.5, variation=0.2))
    assert asked(None, started, SETTINGS, {}, begins="picture").strength == 0.5
    assert asked(None, started, SETTINGS, {}, begins="latent") == replace(CAT, id="imagine")
    assert asked(None, started, SETTINGS, {"init": "noise"}) == replace(CAT, id="imagine", init="noise")
    with pytest.raises(ValueError, match="steps"):
        asked(None, Metadata(replace(before, steps=1_000_000)), SETTINGS, {})
    with pytest.raises(ValueError, match="pixels"):
        asked(None, Metadata(replace(before, width=65536)), SETTINGS, {})


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"prompt": "a \x1b[31mcat"}, "control characters"),
        ({"prompt": "x" * 5000}, "has 5000 characters; 1000 are allowed"),
        ({"targets": (Target("\x07"),)}, "control characters"),
        ({"targets": (Target("x" * 5000),)}, "has 5000 characters"),
        ({"targets": (Target("a cat"),) * 17}, "has 17 texts; 16 are allowed"),
    ],
)
def test_a_prompt_from_a_file_is_held_to_what_can_be_typed(changed: dict[str, Any], sentence: str) -> None:
    request = replace(CAT, **changed)
    with pytest.raises(ValueError, match=sentence):
        asked(None, Metadata(request, SETUP), SETTINGS, {})
    assert asked("a dog", Metadata(request, SETUP), SETTINGS, {}).prompt == "a dog"


def test_pictures_in_a_file_are_decoded_as_any_are() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG", compress_level=0)
    digest = sha256(buffer.getvalue()).hexdigest()
    found = with_pictures(Metadata(replace(CAT, init_picture=digest), None, {digest: buffer.getvalue()}))
    ((named, png),) = found.pictures.items()
    assert found.request.init_picture == named == sha256(png).hexdigest() != digest
    with pytest.raises(MetadataError, match="damaged"):
        with_pictures(Metadata(CAT, None, {digest: b"no picture"}))


def test_what_makes_it_another_picture_is_named() -> None:
    assert difference(SETUP, SETUP) == ""
    assert difference(None, SETUP) == "its file does not tell with which models it was made"
    other = replace(SETUP, precision="bfloat16", threads=4)
    assert difference(other, SETUP) == "it was made with another precision (bfloat16) and another number of threads (4)"
    assert difference(replace(SETUP, easel="0.0.1"), SETUP) == ""
    drawn = replace(SETUP, biggan="biggan-deep-256", biggan_fingerprint="a")
    assert (
        difference(drawn, replace(drawn, biggan_fingerprint="b")) == "it was made with another BigGAN (biggan-deep-256)"
    )
    assert difference(drawn, drawn) == difference(SETUP, drawn) == ""


def test_its_biggan_is_named() -> None:
    drawn = replace(SETUP, biggan="biggan-deep-256")
    words = shown(Metadata(replace(CAT, canvas="biggan"), drawn))
    assert (words[2], words[3]) == (CAT.prompt, "models.biggan=biggan-deep-256")
    assert "--biggan" not in words
    walk = replace(CAT, canvas="biggan", outputs=("png", "mp4"), waypoints=(Waypoint("a"), Waypoint("b")))
    assert "models.biggan=biggan-deep-256" in shown(Metadata(walk, drawn))


def test_what_was_painted_fast_is_said_where_pixels_may_differ() -> None:
    exact, fast = replace(SETUP, reproducible="exact"), replace(SETUP, reproducible="fast")
    said = "executor.reproducible=fast, by which pixels may differ"
    assert difference(exact, fast) == difference(SETUP, fast) == difference(fast, exact) == ""
    assert difference(replace(fast, threads=1), exact) == f"it was made with another number of threads (1) and {said}"
    gpu = replace(fast, device="NVIDIA H100")
    assert difference(gpu, gpu) == f"it was made with {said}"


def test_the_pace_of_a_film_is_said_to_all_its_digits() -> None:
    words = shown(Metadata(replace(CAT, outputs=("png", "mp4"), length=3.3333333, fps=12.0), SETUP))
    assert words[words.index("--length") + 1] == "3.3333333"
    assert words[words.index("--fps") + 1] == "12"


def test_published_models_are_named() -> None:
    words = shown(Metadata(CAT, replace(SETUP, vqgan="imagenet-16384", clip="ViT-B-32+RN50", precision="float16")))
    assert words[words.index("--vqgan") + 1] == "imagenet-16384"
    assert words[words.index("--clip") + 1] == "ViT-B/32+RN50"
    assert words[words.index("--precision") + 1] == "fp16"
