"""That what `docs/comparison.md` says of Easel comes true.

Each command of the page is run as it stands there: those of ``easel`` by its command line, in a folder with the files
that they name, those with a dot by the bot's grammar. The plain picture is painted by a process of its own and the
others by workers that are kept, so what is to be the same is the same from one process to another. Only settings are
added, and a seed where there is none: tiny networks of random weights on the CPU, 64 pixels a side, few steps.
"""

import io
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from PIL import Image
from safetensors.torch import load_file

from bot.prompt import parse
from bot.uploads import split
from config.settings.models import ModelsSettings
from config.settings.painting import PaintingSettings
from generation.engine.story import weights
from generation.latents import unpack
from generation.metadata import Metadata, read
from generation.request import ImagineRequest
from generation.targets import Target
from tests.conftest import save_tiny_models
from tests.easel.kept import keeping_workers
from tests.easel.processes import finish, settings_for

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "comparison.md"
STEPS = 9
SEED = "7"
SMALL = [f"painting.steps={STEPS}", "painting.width=64", "painting.height=64"]
PAINTING = PaintingSettings(steps=STEPS, width=64, height=64)
PLAIN = "easel imagine 'a red apple' --out apple.png"
"""What all choices are compared with."""


@dataclass(frozen=True)
class Row:
    """What the page says of a feature: Easel's answer, and the commands and tests that show it."""

    feature: str
    answer: str
    shown: tuple[str, ...]

    @property
    def commands(self) -> tuple[str, ...]:
        """Those of ``easel``."""
        return tuple(each for each in self.shown if each.startswith("easel "))


def cells(kind: str) -> Iterator[list[str]]:
    """Return the rows of the table behind such a comment."""
    table = PAGE.read_text("utf-8").partition(f"<!-- {kind}: ")[2].partition("<!-- end -->")[0]
    for line in table.splitlines()[3:]:
        yield [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def code(cell: str) -> tuple[str, ...]:
    return tuple(re.findall("`([^`]+)`", cell))


ROWS = [Row(feature, answer, code(shown)) for feature, _, answer, shown in cells("features")]
NAMES = [(code(there)[0], code(there)[-1], *code(here)) for there, here in cells("names")]


@dataclass(frozen=True)
class Run:
    """What a command left.

    Args:
        words: of the command, as the page has them.
        folder: in which it ran.
        out: standard output.
        plain: the picture of ``PLAIN``.
    """

    words: list[str]
    folder: Path
    out: str
    plain: Path

    @property
    def file(self) -> Path:
        """The picture."""
        option = next(word for word in self.words if word in {"--out", "--output", "-o"})
        return self.folder / self.words[self.words.index(option) + 1]

    @property
    def metadata(self) -> Metadata:
        """Of the picture."""
        return read(self.file.read_bytes())

    @property
    def request(self) -> ImagineRequest:
        """Of the picture."""
        return self.metadata.request


def pixels(file: Path) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"), dtype=float)


def painted(run: Run) -> None:
    with Image.open(run.file) as image:
        assert (image.format, image.size) == ("PNG", (64, 64))
    assert run.request.prompt == "a red apple"


def is_same(run: Run) -> bool:
    """Say whether it is to the pixel the picture that is painted without a choice."""
    return np.array_equal(pixels(run.file), pixels(run.plain))


def changes(run: Run, **fields: Any) -> None:
    """Hold that a command made another picture, and that its file says by what."""
    assert not is_same(run)
    assert {name: getattr(run.request, name) for name in fields} == fields


def judged(run: Run, *targets: Target) -> None:
    assert not is_same(run)
    assert run.request.targets == targets


def roughness(file: Path) -> float:
    return float(np.abs(np.diff(pixels(file), axis=0)).mean() + np.abs(np.diff(pixels(file), axis=1)).mean())


def is_like(run: Run) -> None:
    """Hold that a picture was painted from targets that have a picture."""
    assert not is_same(run)
    assert any(target.picture for target in run.request.targets)


def near_to_a_picture(beside: Run, alone: Run) -> None:
    is_like(beside)
    is_like(alone)
    assert not np.array_equal(pixels(beside.file), pixels(alone.file))
    assert [target.text for target in beside.request.targets] == ["a red apple", ""]
    assert [target.weight for target in beside.request.targets] == [1, 0.5]
    assert [target.text for target in alone.request.targets] == [""]


def a_story(run: Run) -> None:
    judged(run, Target("a seed", part=0), Target("a tree", part=1))


def faded(run: Run) -> None:
    """Hold that both parts count for a while."""
    counted = [tuple(weights(run.request, step).tolist()) for step in range(STEPS)]
    assert counted[0] == (1, 0)
    assert counted[-1] == (0, 1)
    assert any(0 < first < 1 for first, _ in counted)


def masked(run: Run) -> None:
    with Image.open(run.folder / "me.jpg") as start:
        kept = np.asarray(start.convert("RGB").resize((64, 64), Image.Resampling.LANCZOS), dtype=float)
    away = np.abs(pixels(run.file) - kept)
    assert away[:, 32:].max() <= 3, "black in the mask"
    assert away[:, :24].max() > 10, "white in the mask"


def begun(run: Run) -> None:
    assert not is_same(run)
    assert run.request.init_picture in run.metadata.pictures


def held(run: Run) -> None:
    begun(run)
    assert run.request.init_weight == 5


def even(run: Run) -> None:
    changes(run, smooth=100)
    assert roughness(run.file) < roughness(run.plain)


def own_models(run: Run) -> None:
    """Hold that the published formats of files give what the same weights give elsewhere."""
    setup = run.metadata.setup
    assert setup is not None
    assert (setup.vqgan, setup.clip) == ("wikiart.ckpt", "RN50.pt")
    assert is_same(run)


def several_judges(run: Run) -> None:
    setup = run.metadata.setup
    assert setup is not None
    assert setup.clip == "RN50.pt+ViT-B-32.pt"
    assert not is_same(run)


def listed(run: Run) -> None:
    assert {"imagenet-16384", "coco", "RN50", "ViT-L/14@336px"} <= {line.split()[0] for line in run.out.splitlines()}


def told(shown: Run, again: Run) -> None:
    line = shown.out.strip()
    assert line.startswith("easel imagine 'a red apple' ")
    assert f"--seed {SEED}" in line
    assert again.request.seed == int(SEED)
    with Image.open(again.file) as image:
        assert image.format == "WEBP"
    assert is_same(again)


def a_film(run: Run) -> None:
    assert is_same(run)
    film = (run.folder / "apple.mp4").read_bytes()
    with av.open(io.BytesIO(film), "r") as container:
        assert len([*container.decode(video=0)]) >= STEPS
    assert read(film).request == run.request


def an_animation(run: Run) -> None:
    with Image.open(run.folder / "apple.gif") as image:
        assert image.format == "GIF"
        assert getattr(image, "n_frames", 1) >= STEPS


def a_moving_film(run: Run) -> None:
    changes(run, zoom=1.1, pan=(2.0, -1.0), rotate=3.0, move_every=3)
    with av.open(str(run.folder / "apple.mp4"), "r") as container:
        assert len([*container.decode(video=0)]) == STEPS // 3 + 50, "one each time it moves, and two seconds"


def frames_in_between(run: Run) -> None:
    assert is_same(run)
    with av.open(str(run.folder / "apple.mp4"), "r") as container:
        assert len([*container.decode(video=0)]) == pytest.approx(125, abs=2)


def with_latent(written: Run, begun: Run) -> None:
    assert is_same(written)
    latent, _ = unpack((written.folder / "apple.safetensors").read_bytes())
    assert latent.shape == (64, 64)
    assert begun.request.init_latent
    assert not is_same(begun)


def painted_on(run: Run) -> None:
    assert (run.request.prompt, run.request.steps) == ("a storm", 9)
    assert run.request.init_picture in run.metadata.pictures
    assert not is_same(run)


def varied(subtle: Run, strong: Run) -> None:
    assert 0 < subtle.request.variation < strong.request.variation
    assert 0 < away(subtle) < away(strong)


def away(run: Run) -> float:
    return float(np.square(pixels(run.file) - pixels(run.plain)).mean())


def larger(run: Run) -> None:
    with Image.open(run.file) as image:
        assert (image.format, image.size) == ("JPEG", (128, 128))
    assert run.request.init_picture in run.metadata.pictures


def same(run: Run) -> None:
    assert is_same(run)


CHECKS: Mapping[str, Callable[..., None]] = {
    "text prompt": painted,
    "several prompts with `|`": lambda run: judged(run, Target("a red apple"), Target("a storm")),
    "weights, negative too": lambda run: judged(run, Target("a red apple", weight=1.5), Target("fog", weight=-0.5)),
    "a distance at which a prompt stops": lambda run: judged(run, Target("a red apple", stop=0.8), Target("a storm")),
    "a text to avoid, apart from the prompt": lambda run: changes(run, without=("fog", "people")),
    "a style, apart from the prompt": lambda run: judged(
        run, Target("a red apple"), Target("oil painting", weight=0.5)
    ),
    "pictures as prompts": near_to_a_picture,
    "noise as a prompt": lambda run: changes(run, noise=((7, 0.5),)),
    "a story, one prompt after the other": a_story,
    "crossfade between its parts": faded,
    "a mask": masked,
    "a picture to begin from": begun,
    "noise to begin from": lambda run: changes(run, init="fractal"),
    "holding to the beginning": held,
    "total variation and other losses": even,
    "choice of optimiser": lambda run: changes(run, optimiser="adagrad"),
    "learning rate that changes": lambda run: changes(run, rate=0.2, final_rate=0.1),
    "choice of cuts": lambda run: changes(run, cuts="pooled"),
    "choice of augmentations": lambda run: changes(run, augment=("flip", "noise")),
    "several CLIPs at once": several_judges,
    "levels of quality": lambda run: changes(run, quality="draft", steps=STEPS // 2),
    "choice of models": own_models,
    "weights that come by themselves": listed,
    "what made it, in the file": told,
    "a video of the painting": a_film,
    "a GIF of it": an_animation,
    "zoom, pan, turn": a_moving_film,
    "frames in between": frames_in_between,
    "latents saved and gone on from": with_latent,
    "painting on what is finished, also by another prompt": painted_on,
    "variations of what is finished": varied,
    "larger afterwards": larger,
    "several GPUs": same,
    "painting on a CPU": same,
    "the same seed, the same picture": same,
}
"""What there is to come true of the commands of a row, given a run of each."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelsSettings:
    """Give tiny models that go far enough in a few steps for other codes."""
    models = save_tiny_models(tmp_path_factory.mktemp("fast"))
    yaml = OmegaConf.load(models.vqgan)
    yaml.recipe.stages = [{"learning_rate": 0.5}]
    OmegaConf.save(yaml, models.vqgan)
    return models


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, models: ModelsSettings) -> Path:
    """Give a folder with all files that the page names."""
    folder = tmp_path_factory.mktemp("files")
    Image.radial_gradient("L").convert("RGB").save(folder / "me.jpg", quality=95)
    Image.linear_gradient("L").convert("RGB").save(folder / "cat.png")
    mask = Image.new("L", (64, 64))
    mask.paste(255, (0, 0, 32, 64))
    mask.save(folder / "mask.png")
    torch.save({"state_dict": load_file(Path(models.vqgan).with_suffix(".safetensors"))}, folder / "wikiart.ckpt")
    shutil.copy(models.vqgan, folder / "wikiart.yaml")
    clip = torch.load(models.clip, weights_only=True)
    torch.save(clip, folder / "RN50.pt")
    torch.save({name: weight.flip(0) for name, weight in clip.items()}, folder / "ViT-B-32.pt")
    return folder


Runs = Callable[[str], Run]
Finish = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, files: Path, models: ModelsSettings) -> Iterator[Runs]:
    """Run commands of the features when they are asked for, each once, and give what each left."""

    def run(command: str, folder: Path, finish: Finish) -> Run:
        shutil.copytree(files, folder, dirs_exist_ok=True)
        program, *words = shlex.split(command)
        assert program == "easel"
        seed = (
            ["--seed", SEED]
            if words[0] == "imagine" and not {"--seed", "-sd", "--from", "--continue", "--larger"} & {*words}
            else []
        )
        settings = [*SMALL, *settings_for(models)] if words[0] == "imagine" else []
        code, out, err = finish(folder, *words, *seed, *settings)
        assert code == 0, err
        return Run(words, folder, out, files / "apple.png")

    plain = run(PLAIN, tmp_path_factory.mktemp("plain"), finish)
    shutil.copy(plain.file, files)
    with keeping_workers() as kept:
        latent = run(f"{PLAIN} --seed 8 --latent cat.safetensors", tmp_path_factory.mktemp("latent"), kept.finish)
        shutil.copy(latent.folder / "cat.safetensors", files)
        done = {PLAIN: plain}

        def find(command: str) -> Run:
            if command not in done:
                done[command] = run(command, tmp_path_factory.mktemp("run"), kept.finish)
            return done[command]

        yield find


def _named() -> tuple[str, ...]:
    """Return the command with all short names of another program, with its long ones, and with those of Easel."""
    return tuple(f"easel imagine 'a red apple' {' '.join(column)}" for column in zip(*NAMES, strict=True))


def test_every_feature_has_an_answer_and_what_shows_it() -> None:
    assert len(ROWS) == 45
    for row in ROWS:
        word = re.split("[,:; ]", row.answer)[0]
        assert word in {"yes", "partly", "no"}
        assert bool(row.shown) == (word != "no"), row.feature
    assert [row.feature for row in ROWS if row.commands] == [*CHECKS]


@pytest.mark.parametrize("row", [row for row in ROWS if row.commands], ids=lambda row: row.feature)
def test_what_the_page_says_comes_true(row: Row, runs: Runs) -> None:
    CHECKS[row.feature](*map(runs, row.commands))


@pytest.mark.parametrize("message", [each for row in ROWS for each in row.shown if each.startswith(".")])
def test_the_bot_understands(message: str) -> None:
    command, _, text = message.removeprefix(".").partition(" ")
    assert command in {"imagine", "queue", "cancel", "help"}
    if command != "imagine":
        return
    addresses, words = split(text)
    request = parse(words, PAINTING).request("r")
    assert request.prompt == "a red apple"
    asked = (addresses, request.outputs, request.init)
    assert (asked == ([], ("png",), "auto")) == (message == ".imagine a red apple")


def test_names_of_another_program_mean_the_same(runs: Runs) -> None:
    *others, here = map(runs, _named())
    assert len(NAMES) >= 15
    assert not is_same(here)
    for there in others:
        assert there.request == here.request
        assert there.metadata.setup == here.metadata.setup
        assert np.array_equal(pixels(there.file), pixels(here.file))


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https:)([^)]+)\)", PAGE.read_text("utf-8")))
def test_pages_that_it_names_are_there(link: str) -> None:
    assert (PAGE.parent / link).exists()
