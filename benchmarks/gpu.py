"""What concerns CUDA: needs torch, Python and the wheels that painting needs, and nothing of the bot."""

import argparse
import sys

import torch

from benchmarks import report
from benchmarks.errors import BenchmarkError
from benchmarks.runs import run

RUNS = {
    "single": ("single", "--size", "256", "--rounds", "3"),
    "single-512": ("single", "--size", "512", "--rounds", "3"),
    "batch": ("batch", "--size", "256"),
    "batch-512": ("batch", "--size", "512"),
    "eight": ("eight", "--size", "256", "--steps", "25"),
    "eight-512": ("eight", "--size", "512", "--steps", "25"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own: nothing."""
    del parser


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Run all, print the table, and return where the file lies.

    Raises:
        BenchmarkError: there is no CUDA here, or a command failed.
    """
    del options
    if not torch.cuda.is_available():
        raise BenchmarkError(f"There is no CUDA device here: torch {torch.__version__} sees none.")
    results = run({name: (*words, "--device", "cuda") for name, words in RUNS.items()})
    file = report.write(results, report.folder())
    print(report.plain(report.rows(results)), file=sys.stderr)
    return {"results": str(file)}
