"""What the process of the language models runs: jobs come in by standard input, answers go out by standard output."""

import json
import os
import queue
import resource
import sys
import threading
from functools import lru_cache
from typing import Any, BinaryIO

from language.author import Author
from language.errors import LanguageError
from language.folder import checked, folder_of
from language.summariser import Summariser
from texts.errors import TextError

SHORTAGE = "needs more memory than texts.megabytes allows, which is {}"


def main() -> None:
    """Serve until the input ends, which it does with the parent, and end then whatever is being done."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, jobs), daemon=True).start()
    while True:
        answers.write(json.dumps(answer(jobs.get())).encode() + b"\n")


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Return what there is to say to a job: its ``lines``, or why the text is ``refused`` or the model ``unusable``."""
    most = job["megabytes"] << 20
    resource.setrlimit(resource.RLIMIT_DATA, (most, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    try:
        if job["task"] == "abridge":
            return {"lines": _summariser(job["model"], most).abridged(job["text"], job["count"])}
        return {"lines": _author(job["model"], most).suggested(job["words"], job["seed"], job["count"])}
    except TextError as error:
        return {"refused": str(error)}
    except LanguageError as error:
        return {"unusable": str(error)}
    except Exception as error:
        if isinstance(error, MemoryError) or "memory" in str(error):
            return {"unusable": SHORTAGE.format(job["megabytes"])}
        told = " ".join(f"{type(error).__name__}: {error}".split())[:300].rstrip(".?! ")
        return {"unusable": f"cannot be used: {told}"}


@lru_cache(maxsize=1)
def _summariser(name: str, most: int) -> Summariser:
    return Summariser(checked(folder_of(name), "summariser", most))


@lru_cache(maxsize=1)
def _author(name: str, most: int) -> Author:
    return Author(checked(folder_of(name), "author", most))


def _read(source: BinaryIO, jobs: "queue.SimpleQueue[dict[str, Any]]") -> None:
    for line in source:
        jobs.put(json.loads(line))
    os._exit(0)


if __name__ == "__main__":
    main()
