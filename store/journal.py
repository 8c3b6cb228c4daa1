"""Requests from their acceptance until their post says how they ended."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from math import inf
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, Delete, Update, delete, func, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from generation.dispatch.journal import Unfinished
from generation.dispatch.record import Record, Status
from generation.events import Checkpoint, Failed, Finished
from generation.request import ImagineRequest
from store.asked import Asked
from store.checkpoints import CheckpointFolder
from store.database import Database
from store.errors import KnownMessageError, StoreError
from store.folder import DAY, TIDY_SECONDS
from store.heard import MILLISECOND
from store.kept import Kept, read
from store.pictures import PictureFolder
from store.tables import CANCELLED, DONE, FAILED, POSTING, RUNNING, WAITING, requests, usage

OnSaved = Callable[[Path, ImagineRequest], None]

NEWEST = 1000
"""Messages of which it is told that they asked for something."""
MEMBERS = 20
"""Of whom it is told that they asked in private."""
UNPAINTED = requests.c.state.in_((WAITING, RUNNING))

STARTS = 3
"""So many times a request may be running when the bot ends without having been stopped."""
ENDED_WITH_IT = "The bot ended more than once while this was painted; its operator can see why."

GONE = "It was painted, and the picture is gone; its operator can see why. Ask again."

_log = structlog.get_logger(__name__)


class StoreJournal:
    """The dispatcher's journal, which knows besides what the posts show.

    What cannot be written after a request was accepted is written once that is possible, and the bot goes on meanwhile.

    Args:
        database: to write in.
        pictures: where finished pictures are kept.
        checkpoints: where is kept from what requests go on.
        keep_days: so long after its end a request is deleted.
        on_saved: called with the path of each picture that was saved, and its request.
        mine: the shards whose requests are told of, and how many shards there are; all where none are named.
    """

    def __init__(
        self,
        database: Database,
        pictures: PictureFolder,
        checkpoints: CheckpointFolder,
        keep_days: float,
        on_saved: OnSaved | None = None,
        mine: tuple[Sequence[int], int] | None = None,
    ) -> None:
        self._pictures = pictures
        self._checkpoints = checkpoints
        self._running: dict[str, tuple[int, str | None]] = {}
        """Attempts and device of what is known to run in the database."""
        self._tidied = -inf
        self._database = database
        self._keep_days = keep_days
        self._on_saved = on_saved
        self._mine: ColumnElement[bool] = true()
        if mine is not None:
            self._mine = (func.coalesce(requests.c.guild, 0) // MILLISECOND % mine[1]).in_(mine[0])

    async def accept(self, accepted: Sequence[ImagineRequest], notes: Sequence[str]) -> None:
        """Write requests of one message down, all or none, and charge their member for them.

        Args:
            accepted: whose ids are new.
            notes: an :class:`Asked` of each, as JSON.

        Raises:
            KnownMessageError: their message asked for something that has not ended, as the same part of it.
            StoreError: they cannot be written down.
        """
        asked, at = [asdict(Asked.from_json(note)) for note in notes], time.time()
        message, parts = asked[0]["message"], [each["part"] for each in asked]
        usual = {"state": WAITING, "attempts": 0, "left_out": "", "accepted": at}
        both = [*zip(accepted, asked, strict=True)]
        rows = [{"id": request.id, "request": request.to_json(), **usual, **each} for request, each in both]
        charges = [
            {
                "request": request.id,
                "guild": each["guild"] or 0,
                "member": each["author"],
                "at": at,
                "cost": request.cost(),
                "pictures": request.count,
            }
            for request, each in both
        ]

        def work(connection: Connection) -> None:
            # A message that was edited may ask anew, once what it asked for before has ended.
            before = (requests.c.message == message) & requests.c.part.in_(parts) & requests.c.ended.is_not(None)
            connection.execute(update(requests).where(before).values(message=None))
            connection.execute(insert(requests), rows)
            connection.execute(insert(usage), charges)

        try:
            await self._database.run(work)
        except IntegrityError:
            raise KnownMessageError(f"Message {message} asked for something before.") from None

    async def change(self, request: ImagineRequest) -> None:
        """Write down what a request is for now, and what it costs."""
        charged = update(usage).where(usage.c.request == request.id).values(cost=request.cost(), pictures=request.count)
        await self._update(request.id, {"request": request.to_json()}, charged)

    async def share(self, request_id: str, *, together: bool) -> None:
        """Write down whether others than who asked may steer a request."""
        await self._update(request_id, {"together": together})

    async def checkpoint(self, record: Record) -> None:
        """Write down that a request runs and where, how many workers have died over it, and from what it goes on."""
        request_id = record.request.id
        before = self._running.get(request_id)
        device = record.device.name if record.device else before and before[1]
        if before != (record.attempts, device):
            values = {"state": RUNNING, "attempts": record.attempts, "device": device}
            if before is None:
                started = func.coalesce(requests.c.started, time.time())
                values |= {"starts": requests.c.starts + 1, "started": started}
            self._running[request_id] = record.attempts, device
            await self._update(request_id, values)
        if record.checkpoint is None:
            await self._checkpoints.delete(request_id)
        else:
            await self._checkpoints.keep(record.checkpoint)

    async def finish(self, record: Record, outcome: Finished | Failed | None) -> None:
        """Keep the picture, where there is one, then write down how the request ended; None where it was taken back.

        What failed, or was taken back while it waited, is given back to its member.
        """
        self._running.pop(record.request.id, None)
        path = None
        this = requests.c.id == record.request.id
        unused = delete(usage).where(usage.c.request == record.request.id)
        given_back: tuple[Delete, ...] = ()
        match outcome:
            case Finished():
                path = await self._pictures.keep(outcome, record.request)
                values = {"state": POSTING, "seconds": outcome.seconds, "left_out": record.left_out}
                values |= {"encoding": outcome.encoding, "finished": time.time()}
            case Failed():
                values = {"state": POSTING, "sentence": outcome.reason, "finished": time.time()}
                given_back = (unused,)
            case None:
                values = {"state": CANCELLED}
                waiting = select(requests.c.id).where(this, requests.c.state == WAITING)
                given_back = (unused.where(usage.c.request.in_(waiting)),)
        unshown = requests.c.state.in_((WAITING, RUNNING, POSTING))
        ended = update(requests).where(this, unshown).values(values)
        await self._database.write(*given_back, ended, key=("finish", record.request.id))
        if path is not None and self._on_saved is not None:
            self._on_saved(path, record.request)

    async def unfinished(self) -> Sequence[Unfinished]:
        """Return what is to be painted, in the order of acceptance; a picture that is gone is painted again.

        What was running when the bot ended is given up after the third time, in case that is why.
        """
        for kept in await self.kept():
            if kept.state == RUNNING and kept.starts >= STARTS:
                _log.error("a request is given up: the bot has ended each time it was painted", request=kept.request.id)
                given_up = update(requests).where(requests.c.id == kept.request.id)
                given_back = delete(usage).where(usage.c.request == kept.request.id)
                await self._database.write(given_up.values(state=POSTING, sentence=ENDED_WITH_IT), given_back)
            if kept.is_painted and kept.png is None:
                _log.warning("a picture is gone and is painted again", request=kept.request.id)
                await self._database.write(
                    update(requests).where(requests.c.id == kept.request.id).values(state=WAITING)
                )
        return [
            Unfinished(kept.request, kept.attempts, kept.state == RUNNING, await self._checkpoint_of(kept), kept.starts)
            for kept in await self.kept()
            if kept.state in (WAITING, RUNNING)
        ]

    async def stop(self) -> None:
        """Write down that the bot was stopped, and that what runs is not why."""
        await self._database.write(update(requests).where(requests.c.state == RUNNING).values(starts=0))

    async def kept(self) -> Sequence[Kept]:
        """Return every request whose post does not yet say how it ended, in the order of acceptance.

        Those that cannot be read are given up.
        """
        select_open = select(requests).where(requests.c.ended.is_(None), self._mine).order_by(requests.c.number)
        kept = []
        for row in await self._database.run(lambda connection: connection.execute(select_open).mappings().all()):
            try:
                each = read(row)
            except ValueError:
                _log.error("a request in the database cannot be read and is given up", number=row["number"])
                given_up = update(requests).where(requests.c.number == row["number"])
                await self._database.write(given_up.values(state=FAILED, ended=time.time()))
                continue
            if each.is_painted:
                png, files = await self._pictures.read(each.request)
                each = replace(each, png=png, files=files)
            kept.append(each)
        return kept

    async def open_requests(self) -> Sequence[ImagineRequest]:
        """Return what is to be painted, and what was painted and cannot be posted as its picture is gone."""
        return [
            kept.request
            for kept in await self.kept()
            if kept.state in (WAITING, RUNNING) or (kept.is_painted and kept.png is None)
        ]

    async def outcome(self, request_id: str) -> tuple[Status, Finished | Failed | None]:
        """Return how a request stands, and how it ended where it was painted or failed; raises ``StoreError``."""
        this = select(requests).where(requests.c.id == request_id)
        row = await self._database.run(lambda connection: connection.execute(this).mappings().first())
        if row is None or row["state"] == CANCELLED:
            return "cancelled", None
        if row["state"] in (WAITING, RUNNING):
            return row["state"], None
        png, files = await self._pictures.read(ImagineRequest.from_json(str(row["request"])))
        if row["sentence"] is None and png is not None:
            return "finished", Finished(request_id, png, row["seconds"] or 0.0, files)
        return "failed", Failed(request_id, row["sentence"] or GONE)

    async def sent(self, request_id: str, post: int | None) -> None:
        """Write down which message is about a request; None where that is to be looked up."""
        posted = None if post is None else time.time()
        sent = update(requests).where(requests.c.id == request_id).values(post=post, posted=posted)
        await self._database.write(sent, key=("sent", request_id))

    async def close(self, request_id: str) -> None:
        """Write down that the post shows how a request ended, and delete what ended long ago."""
        now = time.time()
        ended = update(requests).where(requests.c.id == request_id)
        posting = ended.where(requests.c.state == POSTING)
        await self._database.write(
            ended.where(requests.c.state == CANCELLED).values(ended=now),
            posting.where(requests.c.sentence.is_(None)).values(state=DONE, ended=now),
            posting.where(requests.c.sentence.is_not(None)).values(state=FAILED, ended=now),
            delete(requests).where(requests.c.ended < now - self._keep_days * DAY),
            delete(usage).where(usage.c.at < now - DAY),
            key=("close", request_id),
        )
        if time.monotonic() - self._tidied > TIDY_SECONDS:
            self._tidied = time.monotonic()
            await self._tidy()

    async def painted_of(self, message: int) -> Mapping[int, ImagineRequest]:
        """Return what a message asked for that is neither in line, nor being painted, nor taken back, by its part."""
        ended = requests.c.state.in_((POSTING, DONE, FAILED))
        found = select(requests.c.part, requests.c.request).where(requests.c.message == message, ended)
        rows = await self._database.run(lambda connection: connection.execute(found).all())
        painted = {}
        for row in rows:
            with contextlib.suppress(ValueError):  # it may come from anybody
                painted[row.part] = ImagineRequest.from_json(row.request)
        return painted

    async def messages(self) -> Sequence[int]:
        """Return the newest messages that have asked for something."""
        asking = select(requests.c.message).where(requests.c.message.is_not(None), self._mine)
        newest = asking.where(requests.c.part == 0).order_by(requests.c.number.desc()).limit(NEWEST)
        return await self._database.run(lambda connection: connection.execute(newest).scalars().all())

    async def newest(self) -> Sequence[tuple[int, ImagineRequest]]:
        """Return who asked for what last, the oldest first; what cannot be read is left out."""
        last = select(requests.c.author, requests.c.request).order_by(requests.c.number.desc()).limit(NEWEST)
        rows = await self._database.run(lambda connection: connection.execute(last).all())
        found = []
        for row in reversed(rows):
            with contextlib.suppress(ValueError):
                found.append((row.author, ImagineRequest.from_json(row.request)))
        return found

    async def asked_in_private(self) -> Sequence[int]:
        """Return the members who have asked for something in private, those who did so last first."""
        private = select(requests.c.author).where(requests.c.guild.is_(None), self._mine).group_by(requests.c.author)
        newest = private.order_by(func.max(requests.c.number).desc()).limit(MEMBERS)
        return await self._database.run(lambda connection: connection.execute(newest).scalars().all())

    async def _checkpoint_of(self, kept: Kept) -> Checkpoint | None:
        return await self._checkpoints.read(kept.request) if kept.state == RUNNING else None

    async def _tidy(self) -> None:
        """Delete files of requests that have ended, as far as the settings say so."""
        open_ids = select(requests.c.id).where(requests.c.ended.is_(None))
        try:
            needed = await self._database.run(lambda connection: connection.execute(open_ids).scalars().all())
            for folder in (self._pictures, self._checkpoints):
                deleted = await asyncio.to_thread(folder.tidy, needed)
                if deleted:
                    _log.info("deleted old files", files=deleted, folder=str(folder.path))
        except (StoreError, OSError) as error:
            _log.error("could not delete old files", error=str(error))

    async def _update(self, request_id: str, values: Mapping[str, Any], *others: Update) -> None:
        """Change what is known of a request that has not ended."""
        changed = update(requests).where(requests.c.id == request_id, UNPAINTED).values(values)
        await self._database.write(changed, *others, key=(*values, request_id))
