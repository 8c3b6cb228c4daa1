"""``from easel import paint``, by real workers."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

import easel
from config.settings.models import ModelsSettings
from easel import batch, paint, sample, story, walk
from easel.results import Painting, Step
from easel.session import close
from generation.errors import GenerationError
from generation.metadata import read
from generation.waypoint import Waypoint
from tests.easel.processes import BARE, PATIENCE, descendants, is_alive, wait_until

Models = dict[str, str]
SCRIPT = """
import sys
from easel import paint

models = {{"vqgan": {vqgan!r}, "clip": {clip!r}, "device": "cpu"}}
"""


@pytest.fixture(scope="module")
def models(tiny_models: ModelsSettings) -> Iterator[Models]:
    yield {"vqgan": tiny_models.vqgan, "clip": tiny_models.clip, "device": "cpu"}
    close()


def small(models: Models, **arguments: Any) -> Painting:
    return paint("a red apple", **{"seed": 7, "size": (64, 48), "steps": 5, **models, **arguments})


def script(models: Models, text: str, **options: Any) -> subprocess.Popen[str]:
    head = SCRIPT.format(**models)
    return subprocess.Popen(
        [sys.executable, "-c", head + text],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=BARE,
        **options,
    )


def test_it_returns_the_picture_and_what_is_made_beside_it(models: Models) -> None:
    painting = small(models, video="gif", latent=True)
    assert painting.image.size == (64, 48)
    assert painting.video is not None
    with Image.open(io.BytesIO(painting.video.data)) as film:
        assert film.format == "GIF"
    assert read(painting.png).request == painting.request
    assert painting.latent is not None
    assert small(models, init_latent=painting.latent, steps=1).image.size == (64, 48)
    assert repr(painting).startswith("<'a red apple', seed 7, 64x48, ")


def test_a_seed_is_a_picture(models: Models) -> None:
    first, again, other = small(models), small(models), small(models, seed=8)
    assert (first.video, first.latent) == (None, None)
    assert first.image.tobytes() == again.image.tobytes() != other.image.tobytes()


def test_each_step_is_told_once_and_in_order(models: Models) -> None:
    steps: list[Step] = []
    painting = small(models, steps=30, stop=50, on_step=steps.append)
    assert [step.number for step in steps] == [*range(1, 16)]
    assert {step.total for step in steps} == {15}
    last = steps[-1].image
    assert last is not None
    assert last.tobytes() == painting.image.tobytes()


def test_the_worker_is_kept_until_it_is_closed(models: Models) -> None:
    close()
    others = descendants(os.getpid())
    small(models)
    workers = descendants(os.getpid()) - others
    small(models)
    assert workers
    assert descendants(os.getpid()) - others == workers
    close()
    assert not any(map(is_alive, workers))
    small(models)


def test_it_works_within_an_event_loop(models: Models, tmp_path: Path) -> None:
    file = tmp_path / "red.png"
    Image.new("RGB", (64, 48), "red").save(file)

    async def cell() -> Painting:
        return small(models, init=file)

    assert asyncio.run(cell()).image.size == (64, 48)


def test_a_refusal_is_raised(models: Models) -> None:
    with pytest.raises(GenerationError, match="multiples of 8 pixels; ask for --size 56x48"):
        small(models, size=(60, 48))
    with pytest.raises(GenerationError, match="no such painter"):
        small(models, painter="oil")
    with pytest.raises(TypeError, match="did you mean seed"):
        small(models, sed=3)
    with pytest.raises(ValueError, match="no model 'faces'; there are default"):
        small(models, model="faces")


def test_an_error_in_the_callback_stops_the_painting(models: Models) -> None:
    def fail(_: Step) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        small(models, steps=100_000, on_step=fail)
    assert small(models).image.size == (64, 48)


def test_a_batch_is_painted_in_order(models: Models) -> None:
    finished: list[Painting] = []
    asked = ["a red apple", {"prompt": "the sea", "seed": 9, "steps": 1}, "a dog"]
    paintings = batch(asked, on_painting=finished.append, seed=7, size=(64, 48), steps=3, **models)  # type: ignore[arg-type]
    assert [(each.request.prompt, each.request.seed) for each in paintings] == [
        ("a red apple", 7),
        ("the sea", 9),
        ("a dog", 7),
    ]
    assert {each.request.id for each in finished} == {each.request.id for each in paintings}
    assert paintings[0].image.tobytes() == small(models, steps=3).image.tobytes()
    assert batch([], **models) == []  # type: ignore[arg-type]


def test_what_cannot_be_painted_of_a_batch_is_said(models: Models) -> None:
    with pytest.raises(ValueError, match="request 2: steps: "):
        batch(["a", {"prompt": "b", "steps": 0}], **models)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a list of prompts"):
        batch("a red apple")
    with pytest.raises(TypeError, match="request 2: prompt cannot be of the type NoneType"):
        batch(["a", None], **models)  # type: ignore[list-item, arg-type]
    with pytest.warns(UserWarning, match="'b' is missing: There is no such optimiser"):
        paintings = batch(["a", {"prompt": "b", "optimiser": "oil"}], size=(64, 48), steps=1, **models)  # type: ignore[arg-type]
    assert [each.request.prompt for each in paintings] == ["a"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            {"size": (100, 48)},
            "request 2: The models in use paint sizes in multiples of 8 pixels; ask for --size 96x48 or",
        ),
        ({"painter": "oil"}, "request 2: The models in use have no such painter; ask for --painter vqgan"),
    ],
)
def test_a_batch_of_which_the_models_do_not_paint_one_is_refused_before_any_is_painted(
    models: Models, wrong: dict[str, object], sentence: str
) -> None:
    finished: list[Painting] = []
    close()  # so that nothing is known of the models
    for _ in range(2):
        with pytest.raises(ValueError, match=f"^{sentence}"):
            batch(
                ["a", {"prompt": "b", **wrong}],
                on_painting=finished.append,
                **{"size": (64, 48), "steps": 1, **models},  # type: ignore[arg-type]
            )
    assert not finished


def test_samples_are_drawn_and_decoded_again() -> None:
    first, second = sample({"owl": 0.7, "frog": 0.3}, count=2, seed=4, truncation=0.5, device="cpu")
    assert (first.request.seed, second.request.seed) == (4, 5)
    assert first.image.size == (64, 64)
    assert first.image.tobytes() != second.image.tobytes()
    (again,) = sample(init_latent=first.latent, device="cpu")
    assert again.image.tobytes() == first.image.tobytes()
    assert repr(first) == "<owl 0.7, frog 0.3, seed 4, truncation 0.5>"
    (large,) = sample("owl", size=(128, 96), device="cpu")
    assert large.image.size == (128, 96)


def test_a_class_that_there_is_not_is_refused() -> None:
    with pytest.raises(GenerationError, match="owl"):
        sample("owll", device="cpu")
    with pytest.raises(ValueError, match="truncation: "):
        sample("owl", truncation=2, device="cpu")
    with pytest.raises(ValueError, match="count should be 1 or more"):
        sample("owl", count=0, device="cpu")
    with pytest.raises(ValueError, match="init_latent: The latent is damaged"):
        sample(init_latent=b"nothing", device="cpu")


def frames_of(painting: Painting) -> int:
    assert painting.video is not None
    with av.open(io.BytesIO(painting.video.data), "r") as film:
        return len([*film.decode(video=0)])


def test_a_walk_passes_what_is_painted_and_what_is_there(models: Models, tmp_path: Path) -> None:
    common: Any = {"seed": 7, "size": (64, 48), "steps": 2, "frames": 3, "hold": 1, **models}
    steps: list[Step] = []
    walked = walk(["a red apple", "the sea"], on_step=steps.append, style="ink", **common)
    assert [stop.prompt for stop in walked.request.waypoints] == ["a red apple, ink drawing", "the sea, ink drawing"]
    assert frames_of(walked) == walked.request.frames == 6
    assert [step.number for step in steps] == [*range(1, 11)]
    first, second = small(models, latent=True), small(models)
    assert first.latent is not None
    (tmp_path / "a.safetensors").write_bytes(first.latent)
    second.save(tmp_path / "b.png")
    passed: list[list[Any]]
    passed = [[first, second], [tmp_path / "a.safetensors", tmp_path / "b.png"], [first.latent, second.image]]
    for stops in passed:
        assert walk(stops, **common).request.frames == 6


def test_a_walk_passes_samples(models: Models) -> None:
    samples = sample("owl", count=2, seed=1, device="cpu")
    walked = walk(samples, frames=4, hold=0, loop=True, **models)  # type: ignore[arg-type]
    assert walked.request.shape == (64, 64)
    assert frames_of(walked) == 8
    walked = walk([{"owl": 1.0}, {"frog": 0.6, "mushroom": 0.4}, *samples], frames=2, hold=0, **models)  # type: ignore[arg-type]
    assert walked.request.waypoints[1] == Waypoint(classes=(("frog", 0.6), ("mushroom", 0.4)))
    assert frames_of(walked) == walked.request.frames == 7


TALE = "A boat left the harbour. It was cold. The captain saw a lighthouse on the rock. Nobody slept. They came home."


def test_a_story_is_a_film_whose_pictures_begin_from_each_other(models: Models, tmp_path: Path) -> None:
    told: list[Painting] = []
    small_story: dict[str, Any] = {"seed": 7, "size": (64, 48), "steps": 3, **models}
    made = story(TALE, sentences=2, style="watercolor", on_painting=told.append, **small_story)
    assert len(made.sentences) == len(made.paintings) == 2
    assert tuple(told) == made.paintings
    first, second = (painting.request for painting in made.paintings)
    assert (first.init_picture, first.seed, second.seed) == ("", 7, 7)
    assert second.init_picture == sha256(made.paintings[0].png).hexdigest()
    with av.open(io.BytesIO(made.video.data)) as film:
        assert [stream.type for stream in film.streams] == ["video", "subtitle"]
    made.save(tmp_path / "tale")
    names = sorted(path.name for path in (tmp_path / "tale").iterdir())
    assert names[2:] == ["index.html", "story.mp4"]
    assert made.sentences[1] in (tmp_path / "tale" / "index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "sentences", "said"),
    [("", 5, "no"), (TALE, 0, "1 to 16"), (TALE, 17, "1 to 16"), ([], 5, "no sentence"), (["a"] * 17, 5, "17 lines")],
)
def test_a_story_that_cannot_be_is_refused(models: Models, text: Any, sentences: int, said: str) -> None:
    where: dict[str, Any] = dict(models)
    with pytest.raises(ValueError, match=said):
        story(text, sentences=sentences, **where)


@pytest.mark.parametrize(("name", "value"), [("fps", 12), ("length", 3), ("dwell", 1), ("video", "gif")])
def test_a_story_refuses_what_its_film_has_not(models: Models, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} is .* in the film of a story; leave it out"):
        story(TALE, **{name: value}, **models)  # type: ignore[arg-type]


def test_a_walk_that_cannot_be_is_refused(models: Models, tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"nothing")
    for stops, sentence in (
        (["a red apple"], "passes 2 to 16 pictures, not 1"),
        ([tmp_path / "a.safetensors", "the sea"], "a.safetensors: The latent is damaged"),
        ([tmp_path / "none.png", "the sea"], "none.png: No such file"),
        ([{"owl": 2.0}, "the sea"], "classes are names with shares above 0 and up to 1"),
        ([{}, "the sea"], "classes are names with shares"),
        ([" ", "the sea"], "say what to paint at each stop"),
        ([b"nothing", "the sea"], "a stop: That file is no picture"),
    ):
        with pytest.raises(ValueError, match=sentence):
            walk(stops, **models)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="as gif it can have"):
        walk(["a", "b"], frames=2000, video="gif", **models)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a list"):
        walk("a | b")
    wrong: list[Any] = [5, None, ["a"]]
    for stop in wrong:
        for passed in ([stop, "the sea"], ["the sea", stop]):
            with pytest.raises(TypeError, match=f"^a stop is a text, .* not of the type {type(stop).__name__}$"):
                walk(passed, **models)  # type: ignore[arg-type]


STOPPED = """
def told(step):
    print(step.number, flush=True)

try:
    paint("a", steps=1_000_000, size=(64, 64), on_step=told, **models)
except KeyboardInterrupt:
    print("stopped", paint("a", steps=1, size=(64, 64), **models).image.size, flush=True)
"""


def test_ctrl_c_stops_and_another_picture_can_be_painted(models: Models) -> None:
    with script(models, STOPPED, process_group=0) as process:
        assert process.stdout is not None
        process.stdout.readline()
        workers = descendants(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert out.splitlines()[-1] == "stopped (64, 64)"
    assert err == ""
    wait_until(lambda: not any(map(is_alive, workers)))


ALONE = """
paint("a", steps=1, size=(64, 64), **models)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_no_bot_is_imported_and_nothing_is_printed(models: Models) -> None:
    with script(models, ALONE) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err, out.count("\n")) == (0, "", 1)
    loaded = set(out.split())
    assert "generation" in loaded
    assert not loaded & {"bot", "discord", "store", "sqlalchemy", "sandbox", "torch", "IPython"}


def test_what_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'draw'"):
        _ = easel.draw
