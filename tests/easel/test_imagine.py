"""A picture from the command line, painted by a real worker."""

import asyncio
import json
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from config.settings.models import ModelsSettings
from easel.imagine import painted
from generation.events import Event
from generation.request import ImagineRequest
from generation.targets import Target
from generation.worker.images import read_request
from tests.easel.processes import PATIENCE, descendants, finish, is_alive, settings_for, start, wait_until
from tests.generation.scripted import ScriptedExecutor

NOBODY = "12345"
"""A user id without an entry in the list of users."""
become_nobody = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root becomes somebody else"
)
SMALL = ["--size", "64x64", "--steps", "3"]


def test_the_same_seed_paints_the_same_picture(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    models = settings_for(tiny_models)
    code, out, err = finish(
        tmp_path, "imagine", "a red apple", "--out", "a.png", *SMALL, "--seed", "7", "--json", *models
    )
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert out.count("\n") == 1
    assert report.keys() == {"seed", "seconds", "steps_per_second", "out"}
    assert (report["seed"], report["out"]) == (7, "a.png")
    assert report["seconds"] == pytest.approx(3 / report["steps_per_second"], abs=0.002)

    code, out, err = finish(tmp_path, "imagine", "a red apple", "--out", "b.png", *SMALL, "--seed", "7", *models)
    assert (code, err) == (0, "")
    assert out.startswith("b.png: seed 7, ")
    with Image.open(tmp_path / "a.png") as first, Image.open(tmp_path / "b.png") as second:
        assert first.size == (64, 64)
        assert first.tobytes() == second.tobytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_a_prompt_means_the_same_on_the_command_line(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    words = "a red apple ^ the sea | a dog::0.5", "--no", "fog, two people", "--long", "cut", "--out", "a.png"
    code, _, err = finish(tmp_path, "imagine", *words, *SMALL, *settings_for(tiny_models))
    assert (code, err) == (0, "")
    request = read_request((tmp_path / "a.png").read_bytes())
    assert request.prompt == "a red apple ^ the sea | a dog::0.5"
    assert request.targets == (
        Target("a red apple", part=0),
        Target("the sea", part=1),
        Target("a dog", "", 0.5, part=1),
    )
    assert (request.without, request.long) == (("fog", "two people"), "cut")
    code, _, err = finish(tmp_path, "imagine", "fog::-1", "--out", "b.png", *SMALL)
    assert (code, "no text with a weight above 0" in " ".join(err.split())) == (2, True)


def test_a_name_of_255_bytes(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    name = f"{'ä' * 125}a.png"
    code, out, err = finish(tmp_path, "imagine", "a red apple", "--out", name, *SMALL, *settings_for(tiny_models))
    assert (code, err) == (0, "")
    assert out.startswith(f"{name}: seed ")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_that_is_no_text(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    name = os.fsdecode(b"\xff.png")
    code, out, err = finish(tmp_path, "imagine", "a red apple", "--out", name, *SMALL, *settings_for(tiny_models))
    assert (code, err) == (0, "")
    assert out.startswith("\ufffd.png: seed ")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_full_disk_is_found_before(tmp_path: Path) -> None:
    code, out, err = finish(
        tmp_path, "imagine", "a", "--out", "a.png", "executor.devices=[cuda:99]", below=["prlimit", "--fsize=4096"]
    )
    assert (code, out) == (2, "")
    assert "File too large" in " ".join(err.replace("│", " ").split())
    assert not list(tmp_path.iterdir())


def test_a_picture_that_finds_no_folder_is_kept_and_named(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    for name in ("there", "kept"):
        (tmp_path / name).mkdir()
    arguments = ["imagine", "a red apple", "--out", "there/a.png", *SMALL, *settings_for(tiny_models)]
    with start(tmp_path, *arguments, TMPDIR=str(tmp_path / "kept")) as easel:
        wait_until(lambda: descendants(easel.pid))
        shutil.rmtree(tmp_path / "there")
        out, err = easel.communicate(timeout=PATIENCE)
    assert (easel.returncode, out) == (1, "")
    (kept,) = (tmp_path / "kept").glob("*.png")
    assert err == f"easel: there/a.png cannot be written: No such file or directory; it is kept as {kept}\n"
    with Image.open(kept) as picture:
        assert picture.size == (64, 64)
        picture.load()


@pytest.fixture
def nobody(tmp_path: Path) -> list[str]:
    """Return a command that runs another as a user without home and entry, who may read everything."""
    tmp_path.chmod(0o777)
    reading = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
    ids = ["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]
    return ["env", "-u", "HOME", "-u", "USER", "-u", "LOGNAME", "setpriv", *ids, *reading]


@become_nobody
@pytest.mark.parametrize(("out", "mode"), [("a.png", 0o777), ("folder/a.png", 0o555)])
def test_what_is_protected_is_refused(tmp_path: Path, nobody: list[str], out: str, mode: int) -> None:
    (tmp_path / "folder").mkdir(mode)
    (tmp_path / "a.png").touch(0o444)
    code, _, err = finish(tmp_path, "imagine", "a", "--out", out, below=nobody)
    assert code == 2
    assert re.search("write-protected|Permission denied", err)


@become_nobody
def test_no_home_and_no_user_entry(tmp_path: Path, nobody: list[str], tiny_models: ModelsSettings) -> None:
    models = settings_for(tiny_models)
    arguments = ["imagine", "a", "--out", "a.png", *SMALL, *models, "data_dir=~absent/easel"]
    code, out, err = finish(tmp_path, *arguments, below=nobody)
    assert (code, err) == (0, "")
    assert out.startswith("a.png: seed ")

    code, out, err = finish(tmp_path, "run", *models, below=nobody, EASEL_DISCORD__TOKEN="abcdefgh")
    assert (code, out) == (78, "")
    assert err.startswith("easel: data_dir is in a home directory that is not known here")
    assert err.count("\n") == 1

    code, out, err = finish(tmp_path, "run", "discord.api_base=http://127.0.0.1:9", "data_dir=/proc", below=nobody)
    assert (code, out) == (78, "")
    assert err.startswith("easel: data_dir: no picture can be kept in /proc: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("closed", ["2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(tmp_path: Path, tiny_models: ModelsSettings, closed: str) -> None:
    below = ["sh", "-c", f'exec "$@" {closed}', "sh"]
    code, _, err = finish(tmp_path, "imagine", "a", "--out", "a.png", *SMALL, *settings_for(tiny_models), below=below)
    assert (code, err) == (0, "")
    assert (tmp_path / "a.png").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_standard_output_that_is_full(tmp_path: Path, tiny_models: ModelsSettings, unbuffered: str) -> None:
    below = ["sh", "-c", 'exec "$@" > /dev/full', "sh"]
    words = ["imagine", "a", "--out", "a.png", *SMALL, *settings_for(tiny_models)]
    code, _, err = finish(tmp_path, *words, below=below, PYTHONUNBUFFERED=unbuffered)
    assert (code, err) == (1, "easel: what there is to print cannot be written: No space left on device\n")
    assert (tmp_path / "a.png").exists()


def test_damaged_weights(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    (tmp_path / "clip.pt").write_bytes(b"no weights at all")
    models = settings_for(tiny_models.model_copy(update={"clip": "clip.pt"}))
    code, out, err = finish(tmp_path, "imagine", "a red apple", "--out", "a.png", *SMALL, *models)
    assert (code, out) == (78, "")
    assert err.startswith("easel: ")
    assert "clip.pt" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "a.png").exists()


def test_ctrl_c(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    models = settings_for(tiny_models)
    with start(tmp_path, "imagine", "a", "--out", "a.png", "--size", "512x512", "--steps", "500", *models) as easel:
        wait_until(lambda: descendants(easel.pid))
        workers = descendants(easel.pid)
        easel.send_signal(signal.SIGINT)
        out, _ = easel.communicate(timeout=PATIENCE)
    assert (easel.returncode, out) == (130, "")
    assert not any(map(is_alive, workers))
    assert not list(tmp_path.iterdir())


async def test_a_fault_of_the_program_ends_it() -> None:
    class Faulty(ScriptedExecutor):
        async def events(self) -> AsyncIterator[tuple[int, Event]]:
            yield await anext(super().events())
            raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        async with asyncio.timeout(60):
            await painted(ImagineRequest("a", "a cat", 7, 64, 64, 3), Faulty(), lambda _: None)
