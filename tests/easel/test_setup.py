"""``easel setup``, on a terminal and as a script has it."""

import asyncio
import os
import pty
import re
import stat
import subprocess
import sys
import termios
from pathlib import Path

import pytest
import yaml

from bot.permissions import NEEDED
from sandbox import Sandbox
from tests.easel.processes import BARE, PATIENCE, finish, wait_until
from tests.sandbox_fixtures import description, observe, sandbox

__all__ = ["description", "observe", "sandbox"]


def read(file: Path) -> tuple[str, int]:
    """Return what is in a file, and its mode."""
    return file.read_text("utf-8"), stat.S_IMODE(file.stat().st_mode)


async def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    return await asyncio.to_thread(finish, folder, "setup", *arguments)


@pytest.fixture
def flags(tmp_path: Path, sandbox: Sandbox) -> list[str]:
    (tmp_path / "secret").write_text(f"{sandbox.bot.token}\n")
    return ["--token-from", "secret", "--api-base", sandbox.api_base, "--data-dir", "kept"]


async def test_by_flags_alone(tmp_path: Path, flags: list[str], sandbox: Sandbox) -> None:
    code, out, err = await run(tmp_path, *flags)
    assert code == 0, err
    text, mode = read(tmp_path / "easel.token")
    assert (text, mode) == (f"{sandbox.bot.token}\n", 0o600)
    text, mode = read(tmp_path / "easel.yaml")
    assert yaml.safe_load(text) == {
        "data_dir": str(tmp_path / "kept"),
        "discord": {"api_base": sandbox.api_base, "token_file": str(tmp_path / "easel.token")},
        "models": {"vqgan": "pocket", "clip": "pocket"},
    }
    invitation = re.fullmatch(
        r"https://discord\.com/oauth2/authorize\?client_id=(\d+)&scope=(\S+)&permissions=(\d+)\n", out
    )
    assert invitation is not None, out
    assert int(invitation[1]) == sandbox.bot.id
    assert invitation[2] == "bot+applications.commands"
    assert int(invitation[3]) == NEEDED.value
    assert "Message Content Intent" in err
    assert sandbox.bot.token not in err
    code, out, _ = await asyncio.to_thread(finish, tmp_path, "doctor", "executor.devices=[cuda:9]", "--json")
    assert (code, '"name": "server The Studio", "level": "ok"' in out) == (78, True)


async def test_nothing_is_written_over(tmp_path: Path, flags: list[str]) -> None:
    (tmp_path / "easel.yaml").write_text("queue: {total: 7}\n")
    code, _, err = await run(tmp_path, *flags)
    assert (code, err) == (78, "easel: Already there: easel.yaml; --force writes over what is.\n")
    assert read(tmp_path / "easel.yaml")[0] == "queue: {total: 7}\n"
    assert (await run(tmp_path, *flags, "--force"))[0] == 0
    assert "token_file" in read(tmp_path / "easel.yaml")[0]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--vqgan", "imagenet-16383"], "did you mean imagenet-16384"),
        (["--vqgan", "mine.yaml"], "models.vqgan: mine.yaml is no name from easel models list, and there is no such"),
        (["--clip", "pocket+mine.pt"], "models.clip: mine.pt is no name from easel models list, and there is no such"),
        (["--clip", "coco"], "models.clip: coco is a VQGAN, for models.vqgan."),
        (["--token-from", "nowhere"], "--token-from: the file cannot be read: No such file or directory"),
        (["--token-from", "two"], "there should be the token alone"),
        (["--token-from", "wrong"], "Discord refuses the token"),
        (["--token-file", "nowhere/token"], "nowhere/token cannot be written: No such file or directory."),
        (["--api-base", "http://127.0.0.1:9"], "http://127.0.0.1:9 does not say who the bot is"),
    ],
)
async def test_what_is_wrong_is_said_before_anything_is_written(
    tmp_path: Path, flags: list[str], more: list[str], words: str
) -> None:
    (tmp_path / "two").write_text("one two")
    (tmp_path / "wrong").write_text("nobodys-token")
    code, out, err = await run(tmp_path, *flags, *more)
    assert (code, out) == (78, "")
    assert words in err.splitlines()[-1]
    assert "nobodys-token" not in err
    assert not {"easel.yaml", "easel.token"} & {*names(tmp_path)}


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


async def test_weights_that_are_not_fetched_now(tmp_path: Path, flags: list[str]) -> None:
    code, _, err = await run(tmp_path, *flags, "--vqgan", "coco", "--clip", "ViT-B/32+RN50", "--no-fetch")
    assert code == 0
    assert "easel models fetch coco ViT-B/32 RN50 --config easel.yaml" in err


async def test_files_are_found_wherever_the_bot_is_started(tmp_path: Path, flags: list[str]) -> None:
    for name in ("mine.yaml", "mine.safetensors", "a+b.pt"):
        (tmp_path / name).touch()
    code, _, err = await run(tmp_path, *flags, "--vqgan", "mine.yaml", "--clip", "a+b.pt")
    assert code == 0, err
    written = yaml.safe_load((tmp_path / "easel.yaml").read_text())["models"]
    assert written == {"vqgan": str(tmp_path / "mine.yaml"), "clip": str(tmp_path / "a+b.pt")}


async def test_on_a_terminal_it_asks_and_hides_the_token(tmp_path: Path, sandbox: Sandbox) -> None:
    code, shown = await asyncio.to_thread(
        typed,
        tmp_path,
        ["--api-base", sandbox.api_base],
        [sandbox.bot.token, str(tmp_path / "here"), "", "ViT-B/32", "n"],
    )
    assert code == 0, shown
    assert sandbox.bot.token not in shown
    assert yaml.safe_load(read(tmp_path / "easel.yaml")[0])["models"] == {"vqgan": "pocket", "clip": "ViT-B/32"}
    assert read(tmp_path / "easel.token") == (f"{sandbox.bot.token}\n", 0o600)


def typed(folder: Path, arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """Run it on a terminal, answer each question once it is asked, and return the exit code and what was shown."""
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "easel", "setup", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=BARE | {"TERM": "dumb"}, stdin=end, stdout=end, stderr=end
    ) as process:
        os.close(end)
        shown, seen = "", 0
        try:
            while piece := os.read(terminal, 65536):
                shown += piece.decode()
                if answers and shown[seen:].strip() and shown.rstrip(" ").endswith(":"):
                    if not seen:  # what is typed before it is hidden is thrown away
                        wait_until(lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO)
                    seen = len(shown)
                    os.write(terminal, f"{answers.pop(0)}\n".encode())
        except OSError:  # the other end is closed
            pass
        code = process.wait(PATIENCE)
    os.close(terminal)
    return code, shown
