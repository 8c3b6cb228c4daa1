"""Running the command as a process, and looking at what it leaves."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from config.settings.models import ModelsSettings

PATIENCE = 240.0
"""Seconds that anything may take on a slow and busy machine."""
BARE = {name: value for name, value in os.environ.items() if not name.startswith("EASEL_")} | {
    "EASEL_LOG__FORMAT": "text"
}


def start(folder: Path, *arguments: str, below: Sequence[str] = (), **environment: str) -> subprocess.Popen[str]:
    """Start ``easel`` in ``folder`` with both outputs piped, by the command ``below`` where there is one."""
    return subprocess.Popen(
        [*below, sys.executable, "-m", "easel", *arguments],
        cwd=folder,
        env=BARE | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(folder: Path, *arguments: str, below: Sequence[str] = (), **environment: str) -> tuple[int, str, str]:
    """Run ``easel`` to its end and return exit code, standard output and standard error."""
    with start(folder, *arguments, below=below, **environment) as process:
        out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def settings_for(models: ModelsSettings) -> list[str]:
    """Return the arguments that choose these models on one CPU worker, which stops at once when it is told to."""
    chosen = [f"models.vqgan={models.vqgan}", f"models.clip={models.clip}"]
    return [*chosen, "executor.devices=[cpu]", "executor.grace_seconds=0.0"]


def descendants(pid: int) -> set[int]:
    """Return the process ids of all children, of whichever thread, and theirs."""
    children = set[int]()
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # it has ended
            children.update(map(int, thread.read_text("ascii").split()))
    return children.union(*map(descendants, children))


def is_alive(pid: int) -> bool:
    """Say whether the process is there and no zombie."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return False


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Look until ``condition`` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)
