"""Which processor it was measured on, without torch: figures of one family and model say little of another."""

import platform
import re
from pathlib import Path

FIELDS = {"cpu": "model name", "cpu_family": "cpu family", "cpu_model": "model", "cpu_stepping": "stepping"}
"""What results say, and how Linux calls it."""


def describe(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """Return name, family, model and stepping; the name alone where the system does not tell the others."""
    try:
        text = cpuinfo.read_text("utf-8")
    except OSError:
        text = ""
    found = {key: re.search(rf"^{name}\s*:\s*(.+)$", text, re.MULTILINE) for key, name in FIELDS.items()}
    known = {key: each[1] for key, each in found.items() if each}
    return {"cpu": platform.processor() or platform.machine(), **known}


def name() -> str:
    """Return all of that in a few words."""
    known = describe()
    numbers = [f"{key.removeprefix('cpu_')} {known[key]}" for key in ("cpu_family", "cpu_model") if key in known]
    return " ".join([known["cpu"], *numbers])
