from collections.abc import Iterator
from pathlib import Path

import pytest

from easel.cli import main
from tests.easel.kept import KeptWorkers, keeping_workers


class Easel:
    """Runs the command line in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        out, err = self.capsys.readouterr()
        assert stopped.value.code is None or isinstance(stopped.value.code, int)
        return stopped.value.code or 0, out, err


@pytest.fixture
def easel(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Easel:
    monkeypatch.chdir(tmp_path)
    return Easel(capsys)


@pytest.fixture(scope="module")
def kept() -> Iterator[KeptWorkers]:
    """Run the command line in this process, by workers that are kept from one command to the next."""
    with keeping_workers() as kept:
        yield kept
