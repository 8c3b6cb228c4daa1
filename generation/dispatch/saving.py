"""Writing down what runs, beside everything else."""

import asyncio

from generation.dispatch.journal import Journal
from generation.dispatch.record import Record


class Saving:
    """Has a journal write down how requests that run stand, one after the other, each as it stands then.

    Args:
        journal: that writes.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._records: asyncio.Queue[Record] = asyncio.Queue()
        self._listed: set[Record] = set()

    def add(self, record: Record) -> None:
        """Have a request written down once its turn comes."""
        if record not in self._listed:
            self._listed.add(record)
            self._records.put_nowait(record)

    async def run(self) -> None:
        """Write, until cancelled."""
        while True:
            record = await self._records.get()
            self._listed.remove(record)
            if record.status == "running":
                await self._journal.checkpoint(record)
            self._records.task_done()

    async def join(self) -> None:
        """Wait until everything is written."""
        await self._records.join()
