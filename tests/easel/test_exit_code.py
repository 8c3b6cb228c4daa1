"""What is said of an error at the end, and with which exit code."""

import errno
import os

import pytest
import typer

from bot.errors import SetupError
from config.layers import ConfigError
from easel.exit_code import told
from generation.errors import GenerationError, NoMemoryError
from store.errors import PassingError, StoreError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (typer.BadParameter("say what"), 2),
        (GenerationError("say what"), 1),
        (NoMemoryError("say what"), os.EX_TEMPFAIL),
        (PassingError("say what"), os.EX_TEMPFAIL),
        (StoreError("say what"), os.EX_CONFIG),
        (ConfigError("say what"), os.EX_CONFIG),
        (SetupError("say\n what"), os.EX_CONFIG),
    ],
)
def test_what_a_person_can_mend_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    assert told(error) == code
    assert capsys.readouterr().err == "easel: say what\n"


def test_a_fault_of_the_program_is_told_by_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(ZeroDivisionError("what")) == 1
    assert "ZeroDivisionError: what" in capsys.readouterr().err


def test_a_full_stream_is_told_and_a_full_file_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(OSError(errno.ENOSPC, "No space left on device")) == 1
    assert capsys.readouterr().err == "easel: what there is to print cannot be written: No space left on device\n"
    assert told(OSError(errno.ENOSPC, "No space left on device", "file")) == 1
    assert "OSError" in capsys.readouterr().err
