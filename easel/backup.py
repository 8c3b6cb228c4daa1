"""``easel backup`` and ``easel restore``."""

import sys
from collections.abc import Sequence
from pathlib import Path

from config.layers import load
from easel.disk import data_dir
from easel.logs import configure
from store.backup import back_up, restore

ON_A_SERVER = "easel: the database is on a server and not in it: {0}"


def write(file: Path, config: Path | None, arguments: Sequence[str], *, pictures: bool) -> None:
    """Write what is kept into a file, and print its path.

    Args:
        file: to write.
        config: the file of settings.
        arguments: ``key=value`` each.
        pictures: with the finished ones.

    Raises:
        ConfigError, StoreError: it cannot be read or written.
    """
    settings = load(config, arguments)
    configure("error")
    data_dir(settings)
    if not back_up(settings, file, pictures=pictures):
        print(ON_A_SERVER.format("pg_dump writes it down"), file=sys.stderr)
    print(file)


def read(file: Path, config: Path | None, arguments: Sequence[str]) -> None:
    """Put back what is in a file, and print where.

    Args:
        file: of :func:`write`.
        config: the file of settings.
        arguments: ``key=value`` each.

    Raises:
        ConfigError, StoreError: it is no backup, or cannot be put there.
    """
    settings = load(config, arguments)
    configure("error")
    data_dir(settings)
    if not restore(settings, file):
        print(ON_A_SERVER.format("psql puts back what pg_dump wrote"), file=sys.stderr)
    print(settings.data_dir)
