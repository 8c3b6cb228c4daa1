"""A short mix, with the bot as it runs; a long one is `make soak`."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_nothing_is_lost_or_doubled() -> None:
    command = [sys.executable, "-m", "tests.soak", "--seconds", "30", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=840)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["accepted"] == result["finished"] >= 10
    assert result["accepted"] + result["refused"] >= 19
    assert result["faults"] >= 3
    assert (result["lost"], result["doubled"], result["orphans"], result["seed"]) == (0, 0, 0, 1)
