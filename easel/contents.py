"""What is in a file that a person named."""

import re
from pathlib import Path

ADDRESS = re.compile("https?:/", re.IGNORECASE)
"""As a path has it."""


def contents(path: Path, most: int) -> bytes:
    """Return what is in a file, of one with more bytes than ``most`` one more; raises ``ValueError`` without one."""
    try:
        if not path.is_file() and path.exists():
            raise ValueError(f"{path} is not a file")
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        if ADDRESS.match(str(path)):
            raise ValueError("pictures are not fetched here; save it, and name its file") from None
        raise ValueError(f"{path}: {error.strerror}") from None
