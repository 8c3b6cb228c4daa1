"""What is kept of what a worker says while nobody listens."""

from dataclasses import replace

from generation.capacity import Capacity
from generation.events import (
    Checkpoint,
    Finished,
    Heartbeat,
    Loaded,
    Offer,
    Progress,
    Ready,
    Started,
    Steered,
    Suspended,
    Unloaded,
)
from generation.executor.cluster.backlog import Backlog
from generation.executor.protocol import Abort, FromWorker, Paint
from generation.request import ImagineRequest
from generation.targets import Steering

REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=9)
READY = Ready("cpu", Offer(Capacity(1), 8))
SHAPE = REQUEST.shape


def heard(*messages: FromWorker) -> Backlog:
    backlog = Backlog()
    backlog.give(Paint(REQUEST))
    for message in messages:
        backlog.add(message)
    return backlog


def said(backlog: Backlog, received: int = 0) -> list[FromWorker]:
    return [message for _, message in backlog.unreceived(received)]


def test_what_was_said_is_said_again_until_it_was_received() -> None:
    messages: list[FromWorker] = [READY, Started("a", "cpu"), Progress("a", 1, 9, 0.1), Finished("a", b"", 0.2)]
    backlog = heard(*messages)
    assert [number for number, _ in backlog.unreceived(0)] == [1, 2, 3, 4]
    assert said(backlog) == messages
    assert backlog.has_more(2)
    assert said(backlog, 2) == messages[2:]
    assert said(backlog, 4) == []
    assert not backlog.has_more(4)


def test_only_the_newest_waits_and_heartbeats_are_added_up() -> None:
    beats: list[FromWorker] = [
        Heartbeat(SHAPE, 1, 1, 0.5, taken=0.25),
        Heartbeat(SHAPE, 1, 2, 0.25, taken=0.5),
        Heartbeat(SHAPE, 2, 1, 1.0),
    ]
    steps: list[FromWorker] = [
        Progress("a", 1, 9, 0.1, b"preview"),
        Checkpoint("a", 1, 0.1, b"1"),
        Progress("a", 2, 9, 0.2),
    ]
    backlog = heard(*beats, *steps, Checkpoint("a", 2, 0.2, b"2"))
    newest = [Progress("a", 2, 9, 0.2, b"preview"), Checkpoint("a", 2, 0.2, b"2")]
    assert said(backlog) == [Heartbeat(SHAPE, 1, 3, 0.75, taken=0.75), Heartbeat(SHAPE, 2, 1, 1.0), *newest]
    backlog.add(Heartbeat(SHAPE, 1, 1, 0.5))
    backlog.add(Progress("a", 3, 9, 0.3))
    assert said(backlog, 0)[-2:] == [Heartbeat(SHAPE, 1, 1, 0.5), Progress("a", 3, 9, 0.3)], (
        "the last may have been got"
    )


def test_the_next_bot_hears_how_everything_stands() -> None:
    steering = (Steering("blue", 1.0, step=3),)
    standing: list[FromWorker] = [Started("a", "cpu"), Checkpoint("a", 5, 0.5, b"5"), Progress("a", 6, 9, 0.6)]
    backlog = heard(READY, *standing[:1], Steered("a", steering), Steered("a", (), "no"), *standing[1:])
    backlog.unreceived(backlog.unreceived(0)[-1][0])
    assert backlog.rewind() == {"a": replace(REQUEST, steering=steering)}
    assert said(backlog) == [READY, *standing]
    backlog.add(finished := Finished("a", b"png", 1.0))
    backlog.rewind()
    assert said(backlog) == [READY, *standing, finished]


def test_what_has_ended_is_kept_until_it_is_kept_elsewhere() -> None:
    backlog = heard(READY, Finished("a", b"png", 1.0))
    assert backlog.rewind() == {"a": REQUEST}
    backlog.forget("a")
    backlog.forget("never there")
    assert backlog.rewind() == {}
    assert said(backlog) == [READY]


def test_what_was_taken_away_is_forgotten() -> None:
    backlog = heard()
    backlog.forget("a")
    assert backlog.rewind() == {"a": REQUEST}
    backlog.give(Abort("a"))
    assert backlog.rewind() == {}
    backlog = heard(Checkpoint("a", 1, 0.1, b"1"), Suspended("a"))
    assert backlog.rewind() == {}
    assert said(backlog) == []


def test_the_next_bot_hears_which_models_are_loaded() -> None:
    faces, other = Loaded("faces", Offer(Capacity(1), 8)), Loaded("other", Offer(Capacity(1), 16))
    backlog = heard(READY, faces, other, Unloaded("faces"), Heartbeat(SHAPE, 1, 1, 0.5, "other"))
    backlog.rewind()
    assert said(backlog) == [READY, faces, Unloaded("faces"), other]
