"""``easel models``, as a process, with a mirror on this machine."""

import asyncio
import json
import os
import pty
import random
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from config.settings.models import ModelsSettings
from easel import models as commands
from easel.models import Display
from tests.easel.conftest import Easel
from tests.easel.processes import BARE, finish, start, wait_until
from tests.weights import mirror as answers
from tests.weights.mirror import Mirror, serving
from weights.catalogue import CATALOGUE

NAME = "wikiart-1024"
"""Its publisher says neither how many bytes it has, nor which."""
CONTENT = random.Random(0).randbytes(300_000)


@pytest.fixture
async def mirror() -> AsyncIterator[Mirror]:
    """Serve the YAML's place and that of the weights."""
    mirror = Mirror(CONTENT)
    async with serving(mirror):
        yield mirror


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Make a folder in which the YAML is there already."""
    folder = tmp_path / "models" / NAME
    folder.mkdir(parents=True)
    (folder / "model.yaml").write_text("model: {}\n")
    return folder


async def run(folder: Path, *words: str, **environment: str) -> tuple[int, str, str]:
    return await asyncio.to_thread(finish, folder, "models", *words, EASEL_DATA_DIR=str(folder), **environment)


async def stopped(mirror: Mirror, folder: Path, number: signal.Signals) -> tuple[int, str]:
    """Stop a command that fetches when half of the file has come, and return its exit code and standard error."""
    mirror.answers = [answers.stalling(150_000)]
    words = "models", "fetch", NAME, "--from", mirror.url
    process = start(folder, *words, EASEL_DATA_DIR=str(folder))
    await mirror.sent.wait()
    part = folder / "models" / NAME / "model.ckpt.part"
    await asyncio.to_thread(wait_until, lambda: part.exists() and part.stat().st_size == 150_000)
    process.send_signal(number)
    _, err = await asyncio.to_thread(process.communicate)
    return process.returncode, err


async def test_fetch_verify_path_list(mirror: Mirror, here: Path, tmp_path: Path) -> None:
    entry = str(here / "model.yaml")
    code, out, err = await run(tmp_path, "fetch", NAME, "--from", mirror.url)
    assert (code, out) == (0, f"{entry}\n")
    assert (here / "model.ckpt").read_bytes() == CONTENT
    lines = err.splitlines()
    assert lines[0] == f"{NAME}: model.ckpt, at most 1.20 GB"
    assert re.fullmatch(rf"{NAME}: model.ckpt came from 127\.0\.0\.1:\d+; SHA-256 \w{{64}}, unpublished; .*", lines[1])
    assert await run(tmp_path, "fetch", "wikiart_1024", "--from", mirror.url) == (0, f"{entry}\n", "")
    assert await run(tmp_path, "path", NAME) == (0, f"{entry}\n", "")
    code, out, err = await run(tmp_path, "verify", "--json")
    states = [{"name": NAME, "file": file, "state": "good"} for file in ("model.yaml", "model.ckpt")]
    assert (code, json.loads(out), err) == (0, states, "")
    code, out, err = await run(tmp_path, "list", "--json")
    models = {model["name"]: model for model in json.loads(out)}
    assert (code, err, len(models)) == (0, "", len(CATALOGUE))
    assert [name for name, model in models.items() if model["fetched"]] == [NAME]
    assert models[NAME]["path"] == entry
    assert models["ViT-B/32"].keys() == {
        *("name", "kind", "aliases", "bytes", "bytes_exact", "licence", "fetched", "path", "files")
    }
    assert models["ViT-B/32"]["files"][0].keys() == {"name", "bytes", "bytes_exact", "sha256", "mirrors"}


async def test_verify_sets_a_damaged_file_aside(mirror: Mirror, here: Path, tmp_path: Path) -> None:
    await run(tmp_path, "fetch", NAME, "--from", mirror.url)
    (here / "model.ckpt").write_bytes(CONTENT[::-1])
    code, out, err = await run(tmp_path, "verify", NAME)
    assert code == 78
    assert [line.split(maxsplit=2)[1:] for line in out.splitlines()] == [
        ["model.yaml", "as it was first fetched; no digest is published"],
        ["model.ckpt", "damaged, now model.ckpt.damaged"],
    ]
    assert err == f"easel: not whole: {NAME}; fetch again with: easel models fetch {NAME}\n"
    code, out, err = await run(tmp_path, "path", NAME)
    assert (code, out) == (78, "")
    assert err == f"easel: {NAME} is not here yet; fetch it with: easel models fetch {NAME}\n"
    code, _, _ = await run(tmp_path, "fetch", NAME, "--from", mirror.url)
    assert code == 0
    assert not (here / "model.ckpt.damaged").exists()


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGKILL, -9, None),
        (signal.SIGTERM, 143, "easel: stopped; the same command goes on from here"),
        (signal.SIGINT, 130, "easel: stopped; the same command goes on from here"),
    ],
)
async def test_what_was_stopped_goes_on(
    mirror: Mirror, here: Path, tmp_path: Path, number: signal.Signals, code: int, said: str | None
) -> None:
    ended, err = await stopped(mirror, tmp_path, number)
    assert ended == code
    assert said is None or err.splitlines()[-1] == said
    assert not (here / "model.ckpt").exists()
    code, _, _ = await run(tmp_path, "fetch", NAME, "--from", mirror.url)
    assert code == 0
    assert (here / "model.ckpt").read_bytes() == CONTENT
    assert mirror.ranges[-1] == "bytes=150000-"


async def test_on_a_terminal_there_is_a_bar(mirror: Mirror, here: Path, tmp_path: Path) -> None:
    mirror.answers = [answers.stalling(150_000)]
    terminal, inner = pty.openpty()
    words = sys.executable, "-m", "easel", "models", "fetch", NAME, "--from", mirror.url
    environment = BARE | {"EASEL_DATA_DIR": str(tmp_path), "TERM": "xterm", "COLUMNS": "100"}
    process = await asyncio.create_subprocess_exec(*words, stderr=inner, env=environment)
    os.close(inner)
    shown = ""
    try:
        while "150.0/300.0 kB" not in shown:
            shown += (await asyncio.to_thread(os.read, terminal, 10_000)).decode()
    finally:
        process.kill()
        await process.wait()
        os.close(terminal)
    assert f"{NAME}: model.ckpt, at most 1.20 GB" in shown
    assert not (here / "model.ckpt").exists()


def test_without_a_terminal_there_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "SIGN_OF_LIFE", 0.0)
    with Display() as display:
        display.name = "tiny"
        display.say("tiny: [model.pt], 300.0 kB")
        display.come(150_000, 300_000)
        display.come(200_000, None)
    assert capsys.readouterr().err == "tiny: [model.pt], 300.0 kB\ntiny: 150.0 kB of 300.0 kB\ntiny: 200.0 kB\n"


async def test_two_at_once(mirror: Mirror, here: Path, tmp_path: Path) -> None:
    mirror.answers = [answers.stalling(1000)]
    first = start(tmp_path, "models", "fetch", NAME, "--from", mirror.url, EASEL_DATA_DIR=str(tmp_path))
    await mirror.sent.wait()
    try:
        code, out, err = await run(tmp_path, "fetch", NAME, "--from", mirror.url)
    finally:
        first.kill()
        first.communicate()
    assert (code, out, err) == (1, "", f"easel: {NAME} is being fetched by another process.\n")
    assert not (here / "model.ckpt").exists()


async def test_what_cannot_be_had(mirror: Mirror, here: Path, tmp_path: Path) -> None:
    mirror.answers = [answers.status(404)] * 2
    code, out, err = await run(tmp_path, "fetch", NAME, "--from", mirror.url)
    assert (code, out) == (1, "")
    assert re.fullmatch(r"easel: model.ckpt cannot be had: 127\.0\.0\.1:\d+ answers 404\.", err.splitlines()[-1])
    assert not (here / "model.ckpt").exists()


async def test_a_page_in_the_place_of_weights(mirror: Mirror, here: Path, tmp_path: Path) -> None:
    mirror.answers = [answers.saying(Content_Type="text/html")] * 2
    code, _, err = await run(tmp_path, "fetch", NAME, "--from", mirror.url)
    assert code == 1
    assert "answers with a web page" in err
    assert not (here / "model.ckpt").exists()


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["fetch", "imagenet-16348"], 2, "'imagenet-16348' is not in the catalogue; did you mean imagenet-16384"),
        (["fetch", "coco", "nonsense"], 2, "'nonsense' is not in the catalogue"),
        (["fetch"], 2, "Missing argument"),
        (["fetch", "log.level=error"], 2, "name a model"),
        (["verify", "nonsense"], 2, "'nonsense' is not in the catalogue"),
        (["path", "nonsense"], 2, "'nonsense' is not in the catalogue"),
        (["path"], 2, "Missing argument"),
        (["list", "coco"], 2, "should be key=value"),
        (["path", "coco"], 78, "coco is not here yet; fetch it with: easel models fetch coco"),
        (["verify", "coco"], 78, "not whole: coco"),
        (["list", "log.level=loud"], 78, "log.level (command line)"),
        (["list", "--config", "absent.yaml"], 78, "absent.yaml: No such file"),
        (["fetch", "coco", "--from", "ftp://127.0.0.1/"], 1, "weights are taken from https://"),
        (["fetch", "coco", "--from", "nowhere"], 1, "nowhere/coco/model.yaml cannot be read: No such file"),
        (["fetch", "coco", "data_dir=/dev/null"], 1, "/dev/null/models/coco cannot be used: Not a directory"),
    ],
)
def test_wrong_usage(
    easel: Easel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], code: int, complaint: str
) -> None:
    monkeypatch.setenv("EASEL_DATA_DIR", str(tmp_path))
    ended, _, err = easel("models", *words)
    assert ended == code
    assert complaint in " ".join(err.replace("│", " ").split())


def test_nothing_fetched(easel: Easel, tmp_path: Path) -> None:
    assert easel("models", "verify", f"data_dir={tmp_path}") == (0, "Nothing has been fetched.\n", "")


def pixels(path: Path) -> bytes:
    with Image.open(path) as picture:
        return picture.tobytes()


async def test_a_picture_by_a_fetched_model(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    own = tmp_path / "own"
    own.mkdir()
    source = Path(tiny_models.vqgan)
    shutil.copy(source, own / "mine.yaml")
    shutil.copy(source.with_suffix(".safetensors"), own / "model.safetensors")
    import torch
    from safetensors.torch import load_file

    torch.save({"state_dict": load_file(own / "model.safetensors")}, own / "mine.ckpt")
    code, _, err = await run(tmp_path, "fetch", NAME, "--from", str(own / "mine.ckpt"))
    assert (code, "came from" in err) == (0, True)

    async def painted(out: str, *words: str) -> tuple[int, str]:
        words = "imagine", "a", "--out", out, "--size", "64x64", "--steps", "2", "--seed", "1", *words
        settings = [f"models.clip={tiny_models.clip}", "executor.devices=[cpu]"]
        code, _, err = await asyncio.to_thread(finish, tmp_path, *words, *settings, EASEL_DATA_DIR=str(tmp_path))
        return code, err

    assert await painted("named.png", "--vqgan", NAME, "--precision", "fp32") == (0, "")
    apart = "--vqgan", "own/model.safetensors", "--vqgan-config", "own/mine.yaml", "--precision", "fp32"
    assert await painted("apart.png", *apart) == (0, "")
    assert pixels(tmp_path / "named.png") == pixels(tmp_path / "apart.png")
    code, err = await painted("no.png", "--vqgan", "imagenet-16384")
    assert code == 78
    assert err == "easel: imagenet-16384 is not here yet; fetch it with: easel models fetch imagenet-16384\n"
    assert not (tmp_path / "no.png").exists()


@pytest.mark.parametrize("command", ["run", "demo"])
async def test_the_bot_says_what_to_fetch(tmp_path: Path, command: str) -> None:
    words = (command, "models.clip=ViT-B/32", "executor.devices=[cpu]", "data_dir=data")
    environment = {"EASEL_DISCORD__TOKEN": "x"} if command == "run" else {}
    code, out, err = await asyncio.to_thread(finish, tmp_path, *words, **environment)
    assert (code, out) == (78, "")
    assert err == "easel: ViT-B/32 is not here yet; fetch it with: easel models fetch ViT-B/32\n"


async def test_the_demo_paints_with_the_weights_of_the_bot(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "coco"
    folder.mkdir(parents=True)
    (folder / "model.yaml").write_text("not what is published")
    words = "demo", "models.vqgan=coco", "executor.devices=[cpu]", "--port", "0"
    code, _, err = await asyncio.to_thread(finish, tmp_path, *words, EASEL_DATA_DIR=str(tmp_path))
    assert code == 78
    assert err == f"easel: coco is damaged ({folder / 'model.yaml'}); fetch it with: easel models fetch coco\n"
    assert [path.name for path in folder.iterdir()] == ["model.yaml.damaged"]
