"""``easel downgrade``."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from config.layers import load
from easel.disk import data_dir
from easel.logs import configure
from store.engine import secrets
from store.revisions import downgrade

OPEN = (
    "easel: requests that have not ended: {0}; the version before goes on with those that it can read, and gives up "
    "others"
)


def bring_back(revision: str, config: Path | None, arguments: Sequence[str]) -> None:
    """Bring the database back to a revision, and print that.

    Args:
        revision: that the earlier version knows.
        config: the file of settings.
        arguments: ``key=value`` each.

    Raises:
        ConfigError, StoreError: the bot runs, or the database cannot be brought back.
    """
    settings = load(config, arguments)
    url = settings.store.url
    configure("error", secrets(url.get_secret_value()) if url else [])
    data_dir(settings)
    count = asyncio.run(downgrade(settings, revision))
    if count:
        print(OPEN.format(count), file=sys.stderr)
    print(revision)
