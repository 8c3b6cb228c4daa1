"""What `easel run` says of what it keeps, before it logs in."""

import os
from pathlib import Path

import pytest

from store.lock import locked
from tests.easel.processes import finish

ELSEWHERE = ["discord.token=x", "discord.api_base=http://127.0.0.1:9", "executor.devices=[cpu]"]


def refused(folder: Path, *arguments: str) -> str:
    """Run the bot, which must refuse to, and return its one line."""
    code, out, err = finish(folder, *arguments)
    assert (code, out, err.count("\n")) == (78, "", 1), err
    return err


@pytest.mark.parametrize("command", [["run", *ELSEWHERE], ["demo", "--port", "0", "--no-browser"]])
def test_there_is_one_bot_to_a_folder(tmp_path: Path, command: list[str]) -> None:
    with locked(tmp_path):
        line = refused(tmp_path, *command, f"data_dir={tmp_path}")
    assert line.startswith(f"easel: data_dir: {tmp_path} is in use by process {os.getpid()}: ")


@pytest.mark.parametrize(
    ("content", "words"), [(b"no database" * 1000, "file is not a database"), (None, "unable to open database file")]
)
def test_a_database_that_cannot_be_used(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "easel.db"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    line = refused(tmp_path, "run", *ELSEWHERE, f"data_dir={tmp_path}")
    assert line == f"easel: The database {file} cannot be used: {words}.\n"


def test_a_database_that_is_not_one(tmp_path: Path) -> None:
    line = refused(tmp_path, "run", *ELSEWHERE, f"data_dir={tmp_path}", "store.url=postgresql+nothing://u:secret@h/d")
    assert line.startswith("easel: store.url should be the URL of a database whose driver is installed")
    assert "secret" not in line
