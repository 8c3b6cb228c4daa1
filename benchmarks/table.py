"""The table of goals with the figures of a file of results, or of several side by side."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks import report
from benchmarks.errors import BenchmarkError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="results.json of an earlier run")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Print the table, as the documentation has it unless on a terminal, and return how many goals are met and missed.

    Raises:
        BenchmarkError: a file is none of ours.
    """
    files = [read(file) for file in options.files]
    rows = report.rows(*files)
    if len(files) == 1 and sys.stdout.isatty():
        report.show(rows)
    else:
        print(report.markdown(rows, [str(results["machine"]["machine"]) for results in files]))
    figures = [figure for row in rows for figure in row.figures if figure]
    return {name: sum(figure.verdict == name for figure in figures) for name in ("met", "missed")}


def read(file: Path) -> report.Results:
    """Return the results in a file; raises ``BenchmarkError``."""
    try:
        results = json.loads(file.read_text("utf-8"))
        results["machine"]["machine"].strip()
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BenchmarkError(f"{file} holds no results ({type(error).__name__}).") from error
    return results  # type: ignore[no-any-return]
