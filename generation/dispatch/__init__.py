"""Who has requests painted."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from generation.dispatch.devices import Pool
from generation.dispatch.record import Record, Snapshot, Status, Update
from generation.request import ImagineRequest
from generation.targets import Steering


class Dispatch(Protocol):
    """Takes requests in, and tells how each fares: a dispatcher in this process, or in another one.

    What awaits an answer raises ``AwayError`` where the dispatcher is in another process and none is reached.
    """

    ended: Counter[Status]
    """How many requests have ended so since the start, of those that are known here."""

    @property
    def pool(self) -> Pool:
        """The devices."""

    async def resume(self) -> Sequence[Record]:
        """Take in what an earlier run has left, before anything is submitted."""

    def check_room(self, member: str, count: int = 1) -> None:
        """Raise ``QueueFullError`` where it is known that so many further requests of a member cannot be taken in."""

    async def submit_all(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> Sequence[Record]:
        """Take in requests of one member, all or none, and return their records with first estimates.

        Args:
            requests: whose ids are new.
            notes: what the journal is to keep with each.

        Raises:
            QueueFullError: there are too many.
        """

    async def edit(self, request: ImagineRequest) -> None:
        """Let a request take the place in line of the one that waits under its id.

        Raises:
            RequestError: it waits no longer, which is known here only if the dispatcher is in another process.
        """

    async def steer(self, request_id: str, steering: Sequence[Steering]) -> ImagineRequest | None:
        """Have a request painted otherwise from now on; see ``Dispatcher.steer``."""

    async def cancel(self, *request_ids: str) -> None:
        """Take back requests; of them no update comes any more. One that has ended is ignored."""

    def updates(self) -> AsyncIterator[Update]:
        """Yield what changes, in order; never ends. There is one reader."""

    def snapshot(self) -> Snapshot:
        """Return what waits and what is being painted, of all that is known here."""
