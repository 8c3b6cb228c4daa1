"""The token in a file of its own."""

import os
from pathlib import Path

import pytest

from config.layers import ConfigError, load
from config.settings import Settings
from config.token_file import with_admin_token, with_token

TOKEN = "MTIz.s3cret-Token_42"


def naming(file: Path) -> Settings:
    return load(environment={"EASEL_DISCORD__TOKEN_FILE": str(file)})


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_the_token_is_read_without_the_end_of_its_line(tmp_path: Path, end: str) -> None:
    (tmp_path / "token").write_bytes(f"{TOKEN}{end}".encode())
    chosen = with_token(naming(tmp_path / "token"))
    assert chosen.discord.token is not None
    assert chosen.discord.token.get_secret_value() == TOKEN
    assert TOKEN not in repr(chosen)


def test_without_a_file_nothing_changes() -> None:
    chosen = load(environment={"EASEL_DISCORD__TOKEN": TOKEN})
    assert with_token(chosen) is chosen


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "No such file"),
        (b"", "empty file"),
        (b"\n", "empty file"),
        (b"Bot abc\n", "should hold the token alone, without blanks"),
        (b"DISCORD_TOKEN=abc\nOTHER=1\n", "should hold the token alone"),
        ("töken".encode(), "should hold the token alone"),
        (b"\0" * 20, "should hold the token alone"),
        (b"a" * 2000, "too large"),
    ],
)
def test_what_holds_no_token_is_told_in_one_line_without_it(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    file = tmp_path / "file-name"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=complaint) as raised:
        with_token(naming(file))
    message = str(raised.value)
    assert message.startswith("discord.token_file ")
    assert "\n" not in message
    assert "file-name" not in message
    assert "abc" not in message


@pytest.mark.parametrize(
    ("file", "complaint"), [("/", "Is a directory"), ("/dev/zero", "too large"), ("\0", "should be a path")]
)
def test_what_is_no_file(file: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        with_token(naming(Path(file)))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token")
    with pytest.raises(ConfigError, match=r"discord\.token_file names a pipe"):
        with_token(naming(tmp_path / "token"))


def test_the_secret_of_the_operators_page(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("12345678901234567890\n")
    chosen = with_admin_token(load(environment={}, arguments=[f"admin.token_file={tmp_path / 'secret'}"]))
    in_place = load(environment={"EASEL_ADMIN__TOKEN": "12345678901234567890"})
    assert chosen.admin == in_place.admin
    assert with_admin_token(in_place) is in_place
    assert "12345" not in repr(chosen)
    (tmp_path / "secret").write_text("12345")
    with pytest.raises(ConfigError, match=r"^admin\.token_file names a file that should hold 16 characters or more$"):
        with_admin_token(load(environment={}, arguments=[f"admin.token_file={tmp_path / 'secret'}"]))
