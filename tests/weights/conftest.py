import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.weights.mirror import Mirror
from weights.catalogue import File, Model
from weights.download import Patience
from weights.fetch import fetch

CONTENT = random.Random(0).randbytes(300_000)
"""What a good mirror has."""
OTHER = random.Random(1).randbytes(300_000)
"""As many other bytes."""
HASTE = Patience(stall=0.3, pauses=(0.0, 0.0))


class Heard:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.come_to: list[tuple[int, int | None]] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def come(self, done: int, total: int | None) -> None:
        self.come_to.append((done, total))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def mirror() -> Mirror:
    return Mirror(CONTENT)


Fetch = Callable[[File], Awaitable[Path]]


@pytest.fixture
def fetch_file(tmp_path: Path, heard: Heard) -> Fetch:
    """Fetch a model of one file into ``tmp_path/tiny``, in haste."""

    async def run(file: File) -> Path:
        return await fetch(Model("tiny", "clip", "MIT", (file,)), tmp_path, heard, patience=HASTE)

    return run
