"""The table of a file of results, as the documentation has it."""

import argparse
import json
from pathlib import Path

from benchmarks import report
from benchmarks.errors import BenchmarkError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("file", type=Path, help="results.json of an earlier run")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Print the table and return how many goals are met and missed.

    Raises:
        BenchmarkError: the file is none of ours.
    """
    try:
        rows = report.rows(json.loads(options.file.read_text("utf-8")))
    except (OSError, ValueError, AttributeError) as error:
        raise BenchmarkError(f"{options.file} holds no results ({type(error).__name__}).") from error
    print(report.markdown(rows))
    return {"met": sum(row.met is True for row in rows), "missed": sum(row.met is False for row in rows)}
