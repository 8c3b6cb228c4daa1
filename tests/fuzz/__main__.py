"""`python -m tests.fuzz`: every target in turn, each in a process of its own."""

import argparse
import secrets
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from tests.fuzz.target import FAILURES, Run, Target

TARGETS = {
    "prompts": ("prompts", "PROMPTS"),
    "batches": ("batches", "BATCHES"),
    "pictures": ("metadata", "PICTURES"),
    "files": ("metadata", "FILES"),
    "requests": ("metadata", "REQUESTS"),
    "uploads": ("uploads", "UPLOADS"),
    "addresses": ("uploads", "ADDRESSES"),
    "pickles": ("checkpoints", "PICKLES"),
    "weights": ("checkpoints", "WEIGHTS"),
    "networks": ("networks", "NETWORKS"),
    "descriptions": ("descriptions", "DESCRIPTIONS"),
    "clips": ("descriptions", "CLIP_DESCRIPTIONS"),
    "settings": ("descriptions", "SETTINGS"),
    "rest": ("sandbox", "REST"),
    "gateway": ("sandbox", "GATEWAY"),
    "markdown": ("page", "MARKDOWN"),
}
"""Modules, and what in them, by name."""


def main() -> int:
    """Fuzz one target here, or all in processes of their own; return how many failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("target", nargs="?", choices=TARGETS)
    parser.add_argument("--seconds", type=float, default=0.0, help="for all targets together; 0 for one round of each")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="with which the first round begins")
    parser.add_argument("--input", type=Path, help="check the input of this file again, and nothing else")
    options = parser.parse_args()
    if options.target is None:
        print(f"seed {options.seed}; inputs that fail go to {FAILURES}", flush=True)
        seconds = str(options.seconds / len(TARGETS))
        command = [sys.executable, "-m", "tests.fuzz", "--seconds", seconds, "--seed", str(options.seed)]
        return sum(subprocess.run([*command, name]).returncode != 0 for name in TARGETS)
    module, name = TARGETS[options.target]
    target: Target = getattr(import_module(f"tests.fuzz.{module}"), name)
    run = Run(options.target, target)
    if options.input:
        run.once(options.input)
        return 0
    run.rounds(options.seed, options.seconds)
    print(run.summary(), flush=True)
    print(*run.failures.values(), sep="\n", end="", flush=True)
    if run.missing:
        print(f"never: {', '.join(sorted(run.missing))}", flush=True)
    return bool(run.failures or run.missing)


if __name__ == "__main__":
    sys.exit(main())
