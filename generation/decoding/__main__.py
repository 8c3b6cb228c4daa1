"""What a decoding process runs: a file comes in by standard input, a PNG goes out by standard output."""

import os
import resource
import sys

from generation.decoding import CODES, CPU_SECONDS, MEMORY, TOO_LARGE, UNREADABLE
from generation.decoding.picture import TooLargeError, UnreadableError, reencoded

EXIT_CODES = {sentence: code for code, sentence in CODES.items()}


def main() -> None:
    """Decode one picture within bounds of time and memory, and end."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        png = reencoded(sys.stdin.buffer.read())
    except UnreadableError:
        os._exit(EXIT_CODES[UNREADABLE])
    except TooLargeError:
        os._exit(EXIT_CODES[TOO_LARGE])
    sys.stdout.buffer.write(png)


if __name__ == "__main__":
    main()
