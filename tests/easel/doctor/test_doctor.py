"""``easel doctor`` as a process, on a set-up that is whole and on broken ones, and what ``easel run`` says of these."""

import asyncio
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from config.settings.models import ModelsSettings
from sandbox import Sandbox
from store.lock import locked
from tests.easel.processes import finish, settings_for
from tests.sandbox_fixtures import description, observe, sandbox

__all__ = ["description", "observe", "sandbox"]

CLOCK = Path(__file__).parents[2] / "soak" / "clock"
Findings = dict[str, dict[str, Any]]


async def examined(folder: Path, *settings: str, below: list[str] | None = None, **environment: str) -> Findings:
    """Run it and return what it says, by the names of things; its exit code has to fit."""
    code, out, err = await asyncio.to_thread(
        finish, folder, "doctor", "--json", *settings, below=below or [], **environment
    )
    found = {each["name"]: each for each in json.loads(out)}
    assert code == (78 if any(each["level"] == "error" for each in found.values()) else 0), err
    return found


@pytest.fixture
def good(tmp_path: Path, tiny_models: ModelsSettings, sandbox: Sandbox) -> list[str]:
    """Give the settings of a set-up that is whole."""
    token = tmp_path / "token"
    token.write_text(sandbox.bot.token)
    token.chmod(0o600)
    discord = [f"discord.api_base={sandbox.api_base}", f"discord.token_file={token}"]
    return [*settings_for(tiny_models), *discord, f"data_dir={tmp_path / 'data'}"]


def cut_off(file: str) -> bytes:
    """Return the first part of a file."""
    return Path(file).read_bytes()[:20_000]


async def test_a_set_up_that_is_whole(tmp_path: Path, good: list[str], sandbox: Sandbox) -> None:
    found = await examined(tmp_path, *good)
    assert {each["level"] for each in found.values()} == {"ok"}, found
    names = ["python", "disk", "store", "discord", "clock", "token", "intents", "server The Studio"]
    assert [*found] == [*names, "weights", "torch", "cpu"]
    assert "a step of 128×128 takes" in found["cpu"]["text"]
    assert "less in #no-files (Attach Files)" in found["server The Studio"]["text"]
    assert not (tmp_path / "data").exists()
    code, out, err = await asyncio.to_thread(finish, tmp_path, "doctor", *good)
    assert (code, err, len(out.splitlines())) == (0, "", len(found))
    assert all(line.startswith("ok       ") for line in out.splitlines())
    assert sandbox.bot.token not in out


async def test_everything_that_is_wrong_is_told_at_once(
    tmp_path: Path, tiny_models: ModelsSettings, good: list[str]
) -> None:
    """A wrong token that others can read, a device that is not there, and weights that are cut off."""
    weights = tmp_path / "cut.pt"
    weights.write_bytes(cut_off(tiny_models.clip))
    token = tmp_path / "token"
    token.write_text("wrong-token-of-nobody")
    token.chmod(0o644)
    broken = [*good, f"models.clip={weights}", "executor.devices=[cpu, cuda:7]"]
    found = await examined(tmp_path, *broken)
    levels = {name: each["level"] for name, each in found.items() if each["level"] != "ok"}
    assert levels == {
        "token file": "warning",
        "token": "error",
        "weights": "error",
        "torch": "error",
        "cuda:7": "error",
    }
    assert "wrong-token-of-nobody" not in json.dumps(found)
    assert found["token"]["text"].startswith("Discord refuses the token: copy the bot's from ")
    assert str(weights) in found["weights"]["text"]
    code, _, err = await asyncio.to_thread(finish, tmp_path, "run", *broken, "executor.devices=[cpu]")
    assert code == 78
    assert err.splitlines()[-1].startswith(("easel: Discord refuses the token: ", f"easel: {weights} "))


async def test_while_the_bot_runs_nothing_is_taken_from_it(tmp_path: Path, good: list[str]) -> None:
    with locked(tmp_path / "data"):
        found = await examined(tmp_path, *good)
    assert found["store"]["level"] == "warning"
    assert found["store"]["text"] == f"{tmp_path / 'data'} is in use by process {os.getpid()}"
    assert found["cpu"]["text"].endswith("; not timed while the bot runs")


async def test_an_operators_page_to_which_nobody_has_the_key(tmp_path: Path, good: list[str]) -> None:
    key = tmp_path / "key"
    key.write_text("an-operators-token-0123456789")
    key.chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    served = [*good, "executor.devices=[cuda:0]", f"admin.port={port}"]
    found = await examined(tmp_path, *served, f"admin.token_file={key}")
    assert (found["admin token"]["level"], found["admin port"]["level"]) == ("warning", "ok")
    code, out, err = await asyncio.to_thread(finish, tmp_path, "run", *served)
    found = await examined(tmp_path, *served)
    assert (found["admin token"]["level"], code, out) == ("error", 78, "")
    assert err == f"easel: {found['admin token']['text']}\n"


@pytest.mark.parametrize("broken", [["painting.width=1"], ["--config", "nowhere.yaml"]])
async def test_settings_that_are_wrong(tmp_path: Path, broken: list[str]) -> None:
    found = await examined(tmp_path, *broken)
    assert [*found] == ["python", "settings"]
    assert found["settings"]["level"] == "error"
