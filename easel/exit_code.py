"""With which exit code the command ends, and what it says then."""

import errno
import os
import sys

import typer

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What becomes of a stream that nobody has room for."""


def told(error: Exception) -> int:
    """Say what ended the program, and return its exit code: in a sentence, or else by the traceback."""
    code = _exit_code(error)
    if isinstance(error, OSError) and error.errno in FULL and error.filename is None:
        code, error = 1, OSError(f"what there is to print cannot be written: {error.strerror}")
    if code is not None:
        print(f"easel: {' '.join(str(error).split())}", file=sys.stderr)
        return code
    from easel.logs import plain_traceback

    print(plain_traceback(error), file=sys.stderr)
    return 1


def _exit_code(error: Exception) -> int | None:
    """Return the exit code of an error whose sentence says all, None for any other."""
    from bot.errors import BotError, SetupError
    from config.layers import ConfigError
    from easel.picture_file import SaveError
    from generation.errors import CheckpointError, DeviceError, GenerationError, NoMemoryError
    from language.errors import LanguageError
    from store.errors import PassingError, StoreError
    from weights.errors import FetchError, UnknownModelError, UnusableError

    if isinstance(error, typer.BadParameter | UnknownModelError):
        return 2
    if isinstance(error, PassingError | NoMemoryError):
        return os.EX_TEMPFAIL
    to_set_up = ConfigError | SetupError | StoreError | CheckpointError | DeviceError | UnusableError | LanguageError
    if isinstance(error, to_set_up):
        return os.EX_CONFIG
    return 1 if isinstance(error, BotError | GenerationError | SaveError | FetchError) else None
