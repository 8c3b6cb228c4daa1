"""The log of one request, written by all processes and read by ``easel logs``."""

import asyncio
import json
from pathlib import Path

import pytest

from config.settings.models import ModelsSettings
from sandbox import Sandbox
from tests.easel.processes import finish, settings_for
from tests.integration.conftest import StartBot
from tests.sandbox_fixtures import Cast


@pytest.fixture
def settings(tiny_models: ModelsSettings) -> list[str]:
    """Tiny models, and the log as it is where no terminal is."""
    return [*settings_for(tiny_models), "log.format=auto"]


async def test_one_id_through_the_bot_the_dispatcher_and_the_worker(
    start_bot: StartBot, sandbox: Sandbox, people: Cast, settings: list[str], tmp_path: Path
) -> None:
    bot = await start_bot(*settings, says='"event": "ready"')
    asked = int((await people("member").say("art", ".imagine a red apple --size 64x64 --steps 5"))["id"])
    post, _ = await bot.finished(asked)
    await bot.says('"event": "posted"')
    assert await bot.stop() == 0
    lines = [json.loads(line) for line in bot.log]
    (admitted,) = [line for line in lines if line["event"] == "admitted"]
    request = admitted["request"]
    of_it = [line for line in lines if line.get("request") == request]
    assert [line["event"] for line in of_it] == ["admitted", "started", "painted", "finished", "posted"]
    assert admitted["asked"] == asked
    assert of_it[2]["device"] == "cpu"
    assert sandbox.bot.token not in "".join(bot.log)

    folder = f"data_dir={tmp_path}"
    code, out, err = await asyncio.to_thread(finish, tmp_path, "logs", request, "--json", folder)
    assert (code, err, out.count("\n")) == (0, "", 1)
    told = json.loads(out)
    assert told["lines"] == of_it
    assert (told["request"]["state"], told["request"]["device"], told["request"]["attempts"]) == ("done", "cpu", 0)
    assert [*told["request"]["stages"]] == ["waited", "painted", "encoded", "posted"]
    guild, channel = told["request"]["asked"]["guild"], told["request"]["asked"]["channel"]
    assert told["request"]["link"] == f"https://discord.com/channels/{guild}/{channel}/{post.id}"

    for name in (request, str(asked), str(post.id), told["request"]["link"]):
        code, out, err = await asyncio.to_thread(finish, tmp_path, "logs", name, folder)
        assert (code, err) == (0, "")
        said = out.splitlines()
        assert said[0] == f"request   {request}"
    assert said[1] == "prompt    a red apple"
    assert [line.split("]")[1].split()[0] for line in said[-5:]] == [line["event"] for line in of_it]


@pytest.mark.parametrize("request_id", ["84bbd3eb01ac", "\x1b[31m", "x" * 10_000, "-1", "%", "a\udc80", "9" * 19])
def test_an_id_that_nobody_knows_is_one_sentence(tmp_path: Path, request_id: str) -> None:
    code, out, err = finish(tmp_path, "logs", "--", request_id, f"data_dir={tmp_path}")
    assert (code, out) == (1, "")
    assert err.startswith("easel: no request ")
    assert err.count("\n") == 1
    assert "\x1b" not in err
    assert len(err) < 300
    assert not [*tmp_path.iterdir()]


def test_a_database_of_a_later_version(tmp_path: Path) -> None:
    (tmp_path / "easel.db").write_bytes(b"no database" * 1000)
    code, out, err = finish(tmp_path, "logs", "84bbd3eb01ac", f"data_dir={tmp_path}")
    assert (code, out, err.count("\n")) == (78, "", 1)
    assert err.startswith(f"easel: The database {tmp_path / 'easel.db'} ")


def test_a_data_directory_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    code, out, err = finish(tmp_path, "logs", "84bbd3eb01ac", f"data_dir={file}")
    assert (code, out) == (78, "")
    assert err == f"easel: data_dir: the log in {file} cannot be read: Not a directory\n"
    nowhere = tmp_path / "nowhere"
    code, out, err = finish(tmp_path, "logs", "84bbd3eb01ac", f"data_dir={nowhere}")
    assert (code, out, err) == (78, "", f"easel: data_dir: there is no folder {nowhere}; name the bot's\n")
