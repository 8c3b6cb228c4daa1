"""Who may know whom."""

import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[1]


def test_imports_point_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


def modules_after(code: str) -> set[str]:
    """Return the top-level modules that are loaded in a fresh interpreter after ``code`` has run."""
    script = f"import sys\n{code}\nprint('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_the_bot_does_not_import_torch() -> None:
    paths = sorted(path.relative_to(ROOT).with_suffix("") for path in (ROOT / "bot").rglob("*.py"))
    modules = [".".join(path.parts).removesuffix(".__init__") for path in paths]
    assert not modules_after(f"import {', '.join(modules)}") & {"torch", "kornia", "numpy"}


HELP = """
from easel.cli import main
try:
    main(["--help"])
except SystemExit as stop:
    assert not stop.code
"""


def test_help_imports_nothing_slow() -> None:
    assert not modules_after(HELP) & {"torch", "discord", "aiohttp", "pydantic", "omegaconf", "bot", "generation"}
