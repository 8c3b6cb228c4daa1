"""What a worker process runs: ``python -m generation.worker PARENT``, with the process id of its parent."""

import sys

from generation.worker.parent import end_with


def main() -> None:
    """Run a worker; it ends with its parent also while torch is being imported, which takes seconds."""
    end_with(int(sys.argv[1]))
    from generation.worker import process

    process.main()


if __name__ == "__main__":
    main()
