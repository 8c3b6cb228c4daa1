"""One round of every target, with the same inputs every time, each in a process of its own, as its bounds are."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.__main__ import TARGETS
from tests.fuzz.target import MEMORY, Check
from tests.page_fixtures import CHROMIUM

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", TARGETS)
def test_a_round_finds_nothing(name: str) -> None:
    if name == "markdown" and not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    command = [sys.executable, "-m", "tests.fuzz", name, "--seed", "0"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


def hangs(_: int) -> str:
    while True:
        try:
            sum(range(1000))
        except Exception:
            return "passed over"


KEPT: list[bytes] = []


def grows(_: int) -> str:
    KEPT.append(b"x" * (4 * MEMORY))
    return "kept"


def runs(_: int) -> str:
    exec("1")  # noqa: S102, which has to be found
    return "ran"


def goes_wrong(number: int) -> str:
    assert number < 5
    return "small"


@pytest.mark.parametrize(
    ("check", "told"),
    [(hangs, "It takes more than"), (grows, "It takes 2"), (runs, "It leads to exec"), (goes_wrong, "AssertionError")],
)
def test_what_is_out_of_bounds_is_found(check: Check, told: str, tmp_path: Path) -> None:
    lines = [
        "import sys; from pathlib import Path; from hypothesis import strategies as st",
        "from tests.fuzz import target, test_fuzz",
        f"target.FAILURES = Path({str(tmp_path)!r}); target.CPU_SECONDS = {0.5 if check is hangs else 5.0}",
        f"opened = lambda: target.as_it_is(test_fuzz.{check.__name__})",
        "run = target.Run('x', target.Target(st.integers(0, 9), opened, frozenset(), 20)); run.rounds(0, 0)",
        "print(*run.failures.values())",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, cwd=ROOT, timeout=600
    )
    assert told in done.stdout, done.stdout + done.stderr
    if check is goes_wrong:
        assert {path.read_text("utf-8") for path in tmp_path.glob("x/0-*.txt")} == {"5"}
