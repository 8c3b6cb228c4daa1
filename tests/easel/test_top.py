"""`easel top`, as a process, beside a bot that works."""

import asyncio
import io
import json
import os
import pty
import re
import signal
import sys
from pathlib import Path

import pytest
from aiohttp import web
from rich.console import Console

from bot.admin.state import Named, QueuedRequest, State
from bot.serving import listening
from easel.top import shown
from tests.bot.admin.conftest import TOKEN, port, served
from tests.bot.conftest import Stage, make_settings, make_stage
from tests.easel.processes import BARE, finish
from tests.sandbox_fixtures import description, observe, people, sandbox

__all__ = ["description", "make_settings", "make_stage", "observe", "people", "port", "sandbox", "served"]

MARKUP = "a [red]cat[/red] [link=http://evil.example]x[/link]"


async def top(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    return await asyncio.to_thread(finish, folder, "top", *arguments, COLUMNS="120", **environment)


@pytest.fixture
def settings(tmp_path: Path, port: int) -> list[str]:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    return [f"admin.port={port}", f"admin.token_file={tmp_path / 'token'}"]


async def test_once(tmp_path: Path, served: Stage, settings: list[str]) -> None:
    code, out, err = await top(tmp_path, "--once", *settings)
    assert (code, err) == (0, "")
    assert "Nothing waits, and nothing is being painted." in out
    post = await served.reply(await served.say(f".imagine {MARKUP}", "Mia"))
    await served.executor.until(lambda: served.executor.requests)
    (request,) = served.executor.requests.values()
    served.executor.start(request)
    served.executor.advance(request, 50)
    await served.shows(post, "50%")
    code, out, err = await top(tmp_path, *settings)
    assert (code, err) == (0, "")
    assert out.startswith("Easel · 1 being painted · 0 waiting")
    (line,) = [line for line in out.splitlines() if "cat" in line]
    assert "Mia" in line
    assert "a [red]cat[/red]" in line
    assert request.id in line
    assert [line.split()[:5] for line in out.splitlines() if "cuda:" in line] == [
        [f"cuda:{number}", str(number), "up", "pocket", "·"] for number in range(2)
    ]


def test_what_steers_a_terminal_is_taken_out() -> None:
    evil = Named(id=1, name="\x1b[31mMia\r\n\u202e")
    request = QueuedRequest(
        id="r0", prompt="a\x1b]0;title\x07\ncat\x9b2J", member=evil, server=None, link="", status="waiting", place=1,
        device=None, step=0, steps=10, width=64, height=64, accepted=0.0, starts=None, finishes=None,
    )  # fmt: skip
    state = State(
        bot="\x1b[2J", time=0.0, servers=1, is_paused=True, is_stopping=False, waiting=9, running=0, total=100,
        ended={}, requests=(request,), devices=(),
    )  # fmt: skip
    console = Console(width=100, force_terminal=True, no_color=True, file=io.StringIO())
    console.print(shown(state, most=1, note="It is late."))
    assert isinstance(console.file, io.StringIO)
    text = re.sub(r"\x1b\[\d*m", "", console.file.getvalue())
    assert "[31mMia" in text
    assert "a]0;title cat2J" in text
    assert not re.search("[\x1b\x07\x9b\u202e\r]", text)
    for words in ("paused everywhere", "… and 8 more", "It is late."):
        assert words in text


async def test_json(tmp_path: Path, served: Stage, settings: list[str]) -> None:
    code, out, _ = await top(tmp_path, "--json", *settings)
    state = json.loads(out)
    assert (code, out.count("\n"), state["running"], len(state["devices"])) == (0, 1, 0, 2)
    served.executor.change(0, "parked")
    await served.reply(await served.say(".imagine a cat"))
    assert json.loads((await top(tmp_path, "--json", *settings))[1])["devices"][0]["state"] == "parked"


async def test_it_goes_on_in_a_terminal_until_interrupted(tmp_path: Path, served: Stage, settings: list[str]) -> None:
    terminal, its = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "easel", "top", *settings),
        cwd=tmp_path,
        env=BARE | {"TERM": "xterm", "COLUMNS": "100", "LINES": "30"},
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    seen = ""

    async def sees(words: str) -> None:
        nonlocal seen
        async with asyncio.timeout(120):
            while words not in seen:
                seen += (await asyncio.to_thread(os.read, terminal, 4096)).decode(errors="replace")

    await sees("Nothing waits")
    await served.reply(await served.say(".imagine a cat"))
    await sees("a cat")
    await served.stop()
    await sees("Nothing answers at")
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(60):
        while process.returncode is None:
            try:
                await asyncio.to_thread(os.read, terminal, 4096)
            except OSError:  # the other end is closed
                await process.wait()
    os.close(terminal)
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 78, "admin.port is not set"),
        (["admin.port=9"], 78, "admin.token_file is not set"),
        (["admin.port=9", f"admin.token={TOKEN}"], 1, "Nothing answers at http://127.0.0.1:9; does the bot run"),
        (["admin.port=9", f"admin.token={TOKEN}", "admin.host=0.0.0.0"], 1, "Nothing answers at http://127.0.0.1:9;"),
        (
            ["admin.port=9", f"admin.token={TOKEN}", "admin.host=nowhere.invalid"],
            1,
            "Nothing answers at http://nowhere",
        ),
        (["admin.port=9", "admin.token=short"], 78, "16 characters or more"),
        (["admin.port=9", "admin.token_file=nowhere"], 78, "admin.token_file cannot be read: No such file"),
        (["admin.port"], 2, "should be key=value"),
    ],
)
async def test_what_cannot_be_asked(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    ended, out, err = await top(tmp_path, "--once", *arguments)
    assert (ended, out) == (code, "")
    assert words in err
    assert TOKEN not in err
    assert code == 2 or err.count("\n") == 1


@pytest.mark.usefixtures("served")
async def test_a_wrong_token(tmp_path: Path, settings: list[str]) -> None:
    code, _, err = await top(tmp_path, "--once", settings[0], EASEL_ADMIN__TOKEN="not-the-token-of-anybody")
    assert code == 78
    assert "does not take admin.token" in err
    assert "not-the-token" not in err


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"bot": 1}', b"\xff"])
async def test_something_else_answers(tmp_path: Path, port: int, settings: list[str], body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.add_routes([web.get("/api/state", answer)])
    async with listening(app, "admin", "127.0.0.1", port):
        code, _, err = await top(tmp_path, "--once", *settings)
    assert (code, err.count("\n")) == (1, 1)
    assert "is no bot with an operator's page" in err
