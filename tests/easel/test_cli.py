"""What the command says, and how it exits."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.easel.conftest import Easel
from tests.easel.processes import finish

COMMANDS = [
    *([], ["demo"], ["run"], ["sandbox"], ["imagine"], ["doctor"], ["setup"], ["backup"], ["restore"]),
    *(["models", "list"], ["models", "fetch"], ["models", "verify"], ["models", "path"]),
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help(easel: Easel, command: list[str], flag: str) -> None:
    code, out, err = easel(*command, flag)
    assert (code, err) == (0, "")
    assert "Usage: easel" in out
    assert "\\b" not in out
    assert not command or f"easel {' '.join(command)} " in out


def test_version(easel: Easel) -> None:
    assert easel("--version") == (0, "easel 0.1.0\n", "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["paint"], "No such command"),
        (["demo", "--port", "65536"], "65535"),
        (["run", "painting.width"], "key=value"),
    ],
)
def test_wrong_usage(easel: Easel, arguments: list[str], complaint: str) -> None:
    code, out, err = easel(*arguments)
    assert (code, out) == (2, "")
    assert complaint in " ".join(err.replace("│", " ").split())


def test_a_secret_in_the_wrong_place_is_not_repeated(easel: Easel) -> None:
    code, _, err = easel("run", "discord.token", "MTIz.s3cret")
    assert code == 2
    assert "s3cret" not in err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["demo", "painting.width=100"], "painting.width (command line) should be a multiple of 16"),
        (["run", "--config", "absent.yaml"], "absent.yaml: No such file"),
        (["run", "discord.tokne=1"], "did you mean discord.token?"),
        (["imagine", "a", "--out", "a.png", "queue.total=0"], "queue.total (command line)"),
    ],
)
def test_wrong_settings(easel: Easel, arguments: list[str], complaint: str) -> None:
    code, out, err = easel(*arguments)
    assert (code, out) == (78, "")
    assert err.startswith("easel: ")
    assert complaint in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ([], "EASEL_DISCORD__TOKEN"),
        (["discord.token=x", "discord.api_base=http://127.0.0.1:9"], "Nothing answers at http://127.0.0.1:9"),
        (["data_dir=/proc/easel"], "data_dir: no picture can be kept in /proc/easel: No such file"),
        (["data_dir=/dev/null"], "data_dir: no picture can be kept in /dev/null: Not a directory"),
    ],
)
def test_run_without_what_it_needs(tmp_path: Path, settings: list[str], complaint: str) -> None:
    settings = [f"data_dir={tmp_path}", "log.level=error", "executor.devices=[cpu]", *settings]
    code, out, err = finish(tmp_path, "run", *settings)
    assert (code, out) == (78, "")
    assert err.startswith("easel: ")
    assert complaint in err
    assert err.count("\n") == 1


def test_the_installed_command_is_this_one() -> None:
    script = Path(sys.executable).with_name("easel")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == "easel 0.1.0\n"
