"""`python -m benchmarks COMMAND`: measure something and print it."""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

# Threads that spin at a barrier slow each other down as soon as anything else wants the processor; so they sleep, in
# the textbook loop as in ours. It counts from when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

COMMANDS = {
    "single": "one picture, the textbook loop and ours in turn",
    "batch": "1, 2, 4 and 8 pictures at once",
    "eight": "eight whole pictures at once, and one after the other by the textbook loop",
    "profile": "time per step by part",
    "precision": "bfloat16 beside float32: losses and pictures",
    "load": "what comes before the first step, and the memory that it takes",
    "memory": "the most memory that one picture takes, by its size",
    "video": "a painting with a video of it, and without",
    "company": "the same painting alone and in a batch, after one step and after more",
    "queue": "one request in and one out, with many waiting and with few",
    "scale": "the dispatcher before up to a thousand GPUs, in virtual time",
    "ack": "from a message to its acknowledgement while all workers are busy",
    "flood": "many requests in one channel: from painted to shown within Discord's rate limits",
    "workers": "two CPU workers and one, and what equal pixels cost two",
    "equal": "the same request alone, beside others and by two workers: by how much pixels differ",
    "estimate": "the forecast that members see, and what came",
    "all": "all of the above, with a table, a file and plots",
    "gpu": "what concerns CUDA, with a table and a file",
    "painters": "one picture by each painter in turn, and the memory that it takes",
    "peers": "a step of a peer's own program, from a folder, and one of ours: seconds and memory",
    "pictures": "the sixty prompts, painted onto a page that is looked at",
    "choices": "some prompts by each preset, or by other flags, onto a page that is looked at",
    "score": "a judge's score over the processor's seconds, from coarse to fine and whole from the start",
    "table": "the table of a file of results",
    "plots": "plots of a file of results",
}


Measure = Callable[[argparse.Namespace], dict[str, object]]


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Exit with the sentence."""
        self.exit(2, f"{self.prog}: {message}\n")


def main(words: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code: 0, or 1 when it could not be measured here."""
    try:
        measure, options = parse(sys.argv[1:] if words is None else words)
    except ModuleNotFoundError as error:
        print(f"python -m benchmarks: {error}; docs/performance.md says what is needed.", file=sys.stderr)
        return 1
    from benchmarks import processor
    from benchmarks.errors import BenchmarkError

    try:
        result = measure(options)
    except BenchmarkError as error:
        print(f"python -m benchmarks: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({**result, "processor": processor.name()}))
    else:
        for key, value in result.items():
            print(f"{key:<26} {json.dumps(value)}")
    return 0


def parse(words: Sequence[str]) -> tuple[Measure, argparse.Namespace]:
    """Return the command and its options; what it needs is imported here.

    Raises:
        SystemExit: the words are wrong, which has been said.
    """
    command = _command(words[:1])
    module = importlib.import_module(f"benchmarks.{command}")
    parser = Parser(prog=f"python -m benchmarks {command}", description=module.__doc__, allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    module.arguments(parser)
    return module.measure, parser.parse_args(words[1:])


def _command(words: Sequence[str]) -> str:
    epilog = "\n".join(f"  {name:<10} {text}" for name, text in COMMANDS.items())
    parser = Parser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog=f"commands, each with --help:\n{epilog}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    return str(parser.parse_args(words).command)


if __name__ == "__main__":
    sys.exit(main())
