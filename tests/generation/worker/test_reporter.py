"""That painting never waits for the pipe, and that nothing is lost or out of order."""

import queue
import threading
from dataclasses import replace

import pytest
import torch

from generation.engine.checkpoint import Header, PaintingCopy, read_header
from generation.events import Checkpoint, Failed, Finished, Heartbeat, Progress, Started, Steered
from generation.executor.protocol import FromWorker
from generation.request import ImagineRequest
from generation.targets import Steering
from generation.worker.images import Snapshot, read_request
from generation.worker.reporter import Reporter

REQUEST = ImagineRequest("a", "a red apple", 1, 64, 64, steps=1001)


class Pipe:
    """A pipe that nobody reads until it is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.full = threading.Event()
        self.sent: queue.SimpleQueue[FromWorker] = queue.SimpleQueue()

    def send(self, message: FromWorker) -> None:
        self.full.set()
        self.open.wait()
        self.sent.put(message)

    def receive(self) -> FromWorker:
        return self.sent.get(timeout=60)


@pytest.fixture
def pipe() -> Pipe:
    return Pipe()


@pytest.fixture
def reporter(pipe: Pipe) -> Reporter:
    """Give a reporter whose thread is stuck in the pipe with the start of a request."""
    reporter = Reporter(pipe.send)
    threading.Thread(target=reporter.run, daemon=True).start()
    reporter.start(Started("a", "cpu"))
    assert pipe.full.wait(10)
    return reporter


def snapshot(value: float = 0.5) -> Snapshot:
    return Snapshot(torch.full((3, 64, 64), value))


def copy(step: int) -> PaintingCopy:
    return PaintingCopy(Header("", step), {"z": torch.zeros(2)})


def test_what_happens_while_nobody_reads_is_merged(reporter: Reporter, pipe: Pipe) -> None:
    for step in range(1, 1001):
        reporter.advance(Progress("a", step, 1001, step / 10), snapshot() if step == 7 else None)
        reporter.heartbeat(Heartbeat((64, 64), 1, 1, 0.5, taken=0.25))
    pipe.open.set()
    assert pipe.receive() == Started("a", "cpu")
    progress = pipe.receive()
    assert isinstance(progress, Progress)
    assert (progress.step, progress.seconds) == (1000, 100.0)
    assert progress.preview, "the newest preview is kept"
    assert pipe.receive() == Heartbeat((64, 64), 1, 1000, 500.0, taken=250.0)
    reporter.heartbeat(Heartbeat((64, 64), 1, 1, 0.5))
    assert pipe.receive() == Heartbeat((64, 64), 1, 1, 0.5)


def test_beats_of_unlike_batches_are_kept_apart(reporter: Reporter, pipe: Pipe) -> None:
    beats = [Heartbeat((64, 64), 1, 1, 1.0), Heartbeat((64, 64), 2, 1, 1.5), Heartbeat((64, 128), 1, 1, 2.0)]
    for beat in beats:
        reporter.heartbeat(beat)
    pipe.open.set()
    assert [pipe.receive() for _ in range(4)][1:] == beats


def test_the_end_comes_last_and_replaces_progress(reporter: Reporter, pipe: Pipe) -> None:
    reporter.start(Started("b", "cpu"))
    reporter.advance(Progress("b", 1, 2, 0.1), None)
    reporter.finish(REQUEST, None, snapshot(), started=0.0)
    reporter.fail(Failed("b", "No."))
    pipe.open.set()
    assert pipe.receive() == Started("a", "cpu")
    assert pipe.receive() == Started("b", "cpu")
    finished = pipe.receive()
    assert isinstance(finished, Finished)
    assert read_request(finished.png) == REQUEST
    assert pipe.receive() == Failed("b", "No.")


def test_only_the_newest_checkpoint_waits(reporter: Reporter, pipe: Pipe) -> None:
    for step in range(1, 10):
        reporter.keep("a", step / 10, copy(step))
    reporter.keep("b", 0.5, copy(3))
    reporter.keep("c", 0.5, copy(3))
    reporter.finish(replace(REQUEST, id="c"), None, snapshot(), started=0.0)
    pipe.open.set()
    assert pipe.receive() == Started("a", "cpu")
    for wanted in (("a", 9, 0.9), ("b", 3, 0.5)):
        checkpoint = pipe.receive()
        assert isinstance(checkpoint, Checkpoint)
        assert (checkpoint.request_id, checkpoint.step, checkpoint.seconds) == wanted
        assert read_header(checkpoint.data).step == checkpoint.step
    assert isinstance(pipe.receive(), Finished), "of what has ended there is none"


def test_a_checkpoint_never_overtakes_what_was_said_before_it(reporter: Reporter, pipe: Pipe) -> None:
    said = tuple(Steering("fog", weight, step=step) for step, weight in ((3, 1.0), (5, 2.0)))
    reporter.keep("a", 0.2, copy(2))
    reporter.steer(Steered("a", said[:1]))
    reporter.keep("a", 0.4, copy(4))
    reporter.steer(Steered("a", refusal="No."))
    reporter.steer(Steered("a", said))
    pipe.open.set()
    assert pipe.receive() == Started("a", "cpu")
    assert pipe.receive() == Steered("a", said[:1])
    assert pipe.receive() == Steered("a", refusal="No.")
    assert pipe.receive() == Steered("a", said)
    checkpoint = pipe.receive()
    assert isinstance(checkpoint, Checkpoint)
    assert checkpoint.step == 4


def test_what_was_said_is_answered_before_the_end(reporter: Reporter, pipe: Pipe) -> None:
    reporter.steer(Steered("b", refusal="No."))
    reporter.fail(Failed("b", "Why."))
    reporter.steer(Steered("c", refusal="No."))
    reporter.forget("c")
    pipe.open.set()
    assert [pipe.receive() for _ in range(3)][1:] == [Steered("b", refusal="No."), Failed("b", "Why.")]


def test_of_an_aborted_request_nothing_is_said(reporter: Reporter, pipe: Pipe) -> None:
    reporter.start(Started("b", "cpu"))
    reporter.advance(Progress("b", 1, 2, 0.1), snapshot())
    reporter.keep("b", 0.1, copy(1))
    reporter.forget("b")
    reporter.start(Started("c", "cpu"))
    pipe.open.set()
    assert [pipe.receive() for _ in range(2)] == [Started("a", "cpu"), Started("c", "cpu")]
