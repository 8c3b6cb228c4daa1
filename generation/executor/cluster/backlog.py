"""What a worker has said and its bot has not heard yet."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from itertools import chain, count

from generation.events import (
    Checkpoint,
    Failed,
    Finished,
    Heartbeat,
    Loaded,
    ModelEvent,
    Progress,
    Ready,
    Started,
    Steered,
    Suspended,
    Unloaded,
    Unusable,
)
from generation.executor.protocol import Abort, FromWorker, Paint, ToWorker
from generation.request import ImagineRequest


@dataclass(slots=True)
class _Standing:
    """How a request stands.

    Args:
        request: as it is painted.
        started: what was last said of each kind, None where nothing was.
        progress: likewise.
        checkpoint: likewise.
        end: how it ended; kept until somebody has kept it elsewhere.
    """

    request: ImagineRequest
    started: Started | None = None
    progress: Progress | None = None
    checkpoint: Checkpoint | None = None
    end: Finished | Failed | None = None


class Backlog:
    """Numbers what a worker says, and keeps it until it was received, in order.

    Of what was not received only the newest progress and checkpoint of each request are kept, and the heartbeats of a
    batch are added up. So what waits here is bounded by the requests in progress, however long nobody listens. And it
    knows how each request and each model stands, for a bot that comes after the one that asked for it.
    """

    def __init__(self) -> None:
        self._numbers = count(1)
        self._unreceived: dict[Hashable, tuple[int, FromWorker]] = {}
        self._read = 0
        """The number of the last message that was read and may have been received."""
        self._ready: Ready | None = None
        self._models: dict[str, list[ModelEvent]] = {}
        self._standings: dict[str, _Standing] = {}

    def has_more(self, received: int) -> bool:
        """Return whether there is more than what has numbers up to this one."""
        return any(number > received for number, _ in self._unreceived.values())

    def give(self, message: ToWorker) -> None:
        """Take note that the worker is told something."""
        match message:
            case Paint(request):
                self._standings[request.id] = _Standing(request)
            case Abort(request_id):
                self._standings.pop(request_id, None)

    def forget(self, request_id: str) -> None:
        """Forget how a request ended."""
        standing = self._standings.get(request_id)
        if standing is not None and standing.end is not None:
            del self._standings[request_id]

    def add(self, message: FromWorker) -> None:
        """Keep what the worker says."""
        self._note(message)
        number = next(self._numbers)
        match message:
            case Heartbeat():
                self._put((message.kind, message.batch), number, self._added_up(message))
            case Progress(request_id):
                self._put(("progress", request_id), number, self._with_preview(message))
            case Checkpoint(request_id):
                self._put(("checkpoint", request_id), number, message)
            case _:
                self._put(number, number, message)

    def unreceived(self, received: int) -> list[tuple[int, FromWorker]]:
        """Return what is there with its numbers, and let go of what was received.

        Args:
            received: number of the last message that was.
        """
        self._unreceived = {key: item for key, item in self._unreceived.items() if item[0] > received}
        items = list(self._unreceived.values())
        self._read = items[-1][0] if items else self._read
        return items

    def rewind(self) -> Mapping[str, ImagineRequest]:
        """Say again how everything stands, to a bot that has heard nothing, and return what is being painted."""
        self._unreceived.clear()
        messages: list[FromWorker | None] = [self._ready, *chain.from_iterable(self._models.values())]
        for each in self._standings.values():
            messages += each.started, each.checkpoint, each.progress, each.end
        for message in messages:
            if message is not None:
                number = next(self._numbers)
                self._put(number, number, message)
        return {request_id: each.request for request_id, each in self._standings.items()}

    def _put(self, key: Hashable, number: int, message: FromWorker) -> None:
        self._unreceived.pop(key, None)
        self._unreceived[key] = number, message

    def _unread(self, key: Hashable) -> FromWorker | None:
        number, message = self._unreceived.get(key, (0, None))
        return message if number > self._read else None

    def _added_up(self, beat: Heartbeat) -> Heartbeat:
        earlier = self._unread((beat.kind, beat.batch))
        return beat.after(earlier) if isinstance(earlier, Heartbeat) else beat

    def _with_preview(self, progress: Progress) -> Progress:
        earlier = self._unread(("progress", progress.request_id))
        if progress.preview is None and isinstance(earlier, Progress):
            return replace(progress, preview=earlier.preview)
        return progress

    def _note(self, message: FromWorker) -> None:
        """Take note of how a request or a model stands now."""
        match message:
            case Ready():
                self._ready = message
            case Loaded(model) | Unusable(model):
                self._models[model] = [message]
            case Unloaded(model):  # what it offers stays known
                self._models.setdefault(model, []).append(message)
        if not isinstance(message, Started | Progress | Steered | Checkpoint | Suspended | Finished | Failed):
            return
        standing = self._standings.get(message.request_id)
        if standing is None:
            return
        match message:
            case Started():
                standing.started = message
            case Progress():
                standing.progress = message
            case Checkpoint():
                standing.checkpoint = message
            case Steered() if not message.refusal:
                standing.request = replace(standing.request, steering=message.steering)
            case Finished() | Failed():
                standing.end = message
            case Suspended():
                del self._standings[message.request_id]
