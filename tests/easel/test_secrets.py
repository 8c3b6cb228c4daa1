"""The token is in nothing that a process writes, whatever goes wrong."""

import asyncio
import re
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp.web
import pytest

from sandbox import Sandbox
from tests.easel.processes import PATIENCE, finish, start
from tests.sandbox_fixtures import description, observe, sandbox

__all__ = ["description", "observe", "sandbox"]

SENTINEL = "MTE5ODc2NTQzMjEwOTg3NjU0.GSenti.nel-that_is-never-written-Anywhere-01"
SHAPELESS = "sentinel+Without-the/Shape=of_a-token"
NOWHERE = "discord.api_base=http://127.0.0.1:9"
CPU = "executor.devices=[cpu]"

Answer = Callable[[aiohttp.web.Request], Awaitable[aiohttp.web.StreamResponse]]


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        ("", [NOWHERE, "discord.token={}"], 78),
        ("", ["discord.tokn={}"], 78),
        ("", ["token={}"], 78),
        ("", ["discord.token_file={}"], 78),
        ("", ["discord.token={}", "discord.token_file={}"], 78),
        ("", ["discord.token={}", "discord.prefix={}"], 78),
        ("", ["discord.token={}", "discord.api_base=http://127.0.0.1:9/{}"], 78),
        ("", ["discord.token={}", "data_dir=/proc/{}"], 78),
        ("", ["{}"], 2),
        ("discord: {{token: '{}', api_base: 'http://127.0.0.1:9/${{discord.token}}'}}", [], 78),
        ("discord: {{token: '{}'}}\ndata_dir: '/proc/${{discord.token}}'", [], 78),
        ("discord: {{token: '{}', prefix: '${{.token}}'}}", [], 78),
        ("discord: {{token: '{}'}}\nmodels: {{clip: '/${{discord.token}}'}}", [NOWHERE], 78),
        ("discord:\n  '{}': 1\n  '{}': 2\n", [], 78),
        ("discord:\n  token: {{'{}': '${{nothing}}'}}\n", [], 78),
        ("discord:\n  {}: 1\n", [], 78),
        ("{}", [], 78),
    ],
)
def test_settings(tmp_path: Path, text: str, arguments: list[str], code: int) -> None:
    (tmp_path / "easel.yaml").write_text(text.format(SHAPELESS, SHAPELESS), "utf-8")
    settings = [argument.format(SHAPELESS) for argument in arguments]
    if not any(setting.startswith("data_dir=") for setting in settings) and "data_dir" not in text:
        settings.append(f"data_dir={tmp_path}")
    ended, out, err = finish(tmp_path, "run", CPU, *settings)
    assert (ended, out) == (code, "")
    assert SHAPELESS not in err
    assert code == 2 or len([line for line in err.splitlines() if not re.match(r"\S+ \[(info|warning) ", line)]) == 1


def test_variables(tmp_path: Path) -> None:
    for name in (SENTINEL, f"DISCORD__{SENTINEL}"):
        code, out, err = finish(tmp_path, "run", **{f"EASEL_{name}": "1"})
        assert (code, out) == (78, "")
        assert SENTINEL.lower() not in err.lower()
        assert "(environment) is not a setting" in err
        assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [[SENTINEL], ["run", SENTINEL], ["run", f"{SENTINEL}=1"], ["sandbox", SENTINEL], ["--token", SENTINEL]]
)
def test_arguments(tmp_path: Path, arguments: list[str]) -> None:
    code, out, err = finish(tmp_path, *arguments)
    assert (code, out) == (2, "")
    assert SENTINEL not in err
    assert err.startswith("easel: That looks like a bot's token; ")
    assert err.count("\n") == 1


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Answer], Awaitable[str]]]:
    """Serve the answer to `/users/@me`, with which discord.py logs in, and give the base of the API."""
    runners: list[aiohttp.web.AppRunner] = []

    async def gateway(_: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        return aiohttp.web.json_response({"url": "ws://127.0.0.1:9"})

    async def serving(answer: Answer) -> str:
        app = aiohttp.web.Application()
        app.router.add_get("/gateway", gateway)
        app.router.add_get("/users/@me", answer)
        runner = aiohttp.web.AppRunner(app)
        runners.append(runner)
        await runner.setup()
        site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield serving
    for runner in runners:
        await runner.cleanup()


async def run(folder: Path, api_base: str, token: str) -> tuple[int, str, str]:
    """Run the bot there to its end, the token in a file."""
    (folder / "token").write_text(f"{token}\n")
    settings = (CPU, f"discord.api_base={api_base}", "discord.token_file=token", f"data_dir={folder}")
    return await asyncio.to_thread(finish, folder, "run", *settings)


async def echo(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
    """Refuse, and repeat the header."""
    message = f"I cannot take {request.headers['Authorization']}"
    return aiohttp.web.json_response({"code": 50001, "message": message}, status=403)


async def rubbish(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
    """Answer what discord.py does not expect."""
    return aiohttp.web.json_response([request.headers["Authorization"]])


async def refuse(_: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
    """Refuse the token."""
    return aiohttp.web.json_response({"code": 0, "message": "401: Unauthorized"}, status=401)


@pytest.mark.parametrize("token", [SENTINEL, SHAPELESS])
@pytest.mark.parametrize("answer", [echo, rubbish, refuse])
async def test_logging_in(
    tmp_path: Path, serve: Callable[[Answer], Awaitable[str]], answer: Answer, token: str
) -> None:
    code, out, err = await run(tmp_path, await serve(answer), token)
    assert code in {1, 78}
    assert out == ""
    assert token not in err
    assert err.splitlines()[-1].startswith("easel: ") or "Traceback" in err
    assert err.count("\n") < 80


async def test_a_token_that_the_sandbox_does_not_know(tmp_path: Path, sandbox: Sandbox) -> None:
    code, out, err = await run(tmp_path, sandbox.api_base, SENTINEL)
    assert (code, out) == (78, "")
    assert SENTINEL not in err
    assert "refuses the token" in err


def test_the_sandbox_writes_its_token_into_a_file_for_nobody_else(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.token"
    file.touch(0o644)
    with start(tmp_path, "sandbox", "--port", "0", "--token-file", file.name) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip().removeprefix("Sandbox at ")
        token = file.read_text().strip()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        settings = (CPU, f"discord.api_base={url}/api/v10", "discord.token_file=sandbox.token", "data_dir=data")
        with start(tmp_path, "run", *settings) as bot:
            assert bot.stderr is not None
            lines = [""]
            while "] ready" not in lines[-1]:
                lines.append(bot.stderr.readline())
                assert lines[-1], lines
            assert token not in Path(f"/proc/{bot.pid}/cmdline").read_text()
            bot.terminate()
            lines.extend(bot.communicate(timeout=PATIENCE))
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
    assert token
    assert token not in "".join(lines) + out + err


def test_a_token_file_that_cannot_be_written(tmp_path: Path) -> None:
    code, out, err = finish(tmp_path, "sandbox", "--port", "0", "--token-file", "absent/token")
    assert (code, out) == (78, "")
    assert err == "easel: absent/token cannot be written: No such file or directory.\n"
