"""Several commands one after the other, each in a process of its own, as one would type them."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from benchmarks.errors import BenchmarkError


def run(runs: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """Return what the commands printed, by the names of the runs; prints how it goes.

    Raises:
        BenchmarkError: one of them failed; it has said why.
    """
    results: dict[str, object] = {}
    for name, words in runs.items():
        print(f"{' '.join(words)} …", file=sys.stderr, end=" ", flush=True)
        start = time.monotonic()
        command = [sys.executable, "-m", "benchmarks", *words, "--json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)  # noqa: S603, of ours
        if done.returncode:
            raise BenchmarkError(f"{' '.join(words)} failed with code {done.returncode}.")
        results[name] = json.loads(done.stdout.splitlines()[-1])
        print(f"{time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return results
