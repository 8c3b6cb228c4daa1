"""A worker's process: what it is told comes in, and what its worker has to say goes out.

It talks through its standard input and output and ends when its parent does, however that happens and whatever it is
doing; without Linux it notices by the end of its input. Three threads: one reads, one paints, one encodes and writes;
and one that reads weights when there is a model to be loaded.
"""

import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO, NoReturn

import structlog
import torch

from generation.engine.faults import is_shortage
from generation.errors import GenerationError, NoMemoryError
from generation.events import Ready
from generation.executor.protocol import FromWorker, Hello, LoadFailed, LoadModels, pack, read
from generation.worker import log
from generation.worker.device import choose_device, prepare, uuid_of
from generation.worker.reporter import Reporter
from generation.worker.residents import Residents
from generation.worker.worker import Inbox, ModelRead, Worker

NO_MEMORY = "{} has no memory left for the models: end what else uses it, which nvidia-smi shows."

_log = structlog.get_logger(__name__)


def listen(stream: BinaryIO, inbox: Inbox) -> None:
    """Pass messages on; end the process, in whatever it is, when the parent is gone."""
    while (message := read(stream)) is not None:
        inbox.put(message)  # type: ignore[arg-type]
    os._exit(0)


def main() -> NoReturn:
    """Run a worker on standard input and output."""
    log.configure()
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(message: FromWorker) -> None:
        pipe.write(pack(message))
        pipe.flush()

    inbox: Inbox = queue.SimpleQueue()
    threading.Thread(target=_to_the_end(listen), args=(sys.stdin.buffer, inbox), daemon=True).start()
    _to_the_end(serve)(inbox, send)


def serve(inbox: Inbox, send: Callable[[FromWorker], None]) -> None:
    """Load what the first message says and paint what the others ask for."""
    first = inbox.get()
    assert isinstance(first, LoadModels)
    gpus = torch.cuda.device_count()
    send(Hello(gpus))
    try:
        device = choose_device(first.device, gpus)
        reporter = Reporter(send)
        residents = Residents(
            first.models,
            device,
            first.threads,
            reporter.tell,
            lambda: inbox.put(ModelRead()),
            first.reproducible,
        )
        prepare(device, first.threads)
        resident = residents.load_first()
    except GenerationError as error:
        send(LoadFailed(type(error).__name__, str(error)))
        return
    except Exception as error:
        if not is_shortage(error):
            raise
        # No fault of the settings: where another device comes up, the bot does without this one.
        send(LoadFailed(NoMemoryError.__name__, NO_MEMORY.format(first.device)))
        return
    send(Ready(str(device), resident.offer, resident.name, uuid_of(device)))
    threading.Thread(target=_to_the_end(reporter.run), daemon=True).start()
    Worker(residents, str(device), first.preview_seconds, first.checkpoint_seconds, reporter).run(inbox)


def _to_the_end(work: Callable[..., object]) -> Callable[..., NoReturn]:
    """Return ``work`` as something with which the whole process ends, whichever thread it runs in."""

    def run(*arguments: object) -> NoReturn:
        try:
            work(*arguments)
        except BrokenPipeError:
            os._exit(0)
        except BaseException:
            _log.exception("worker failed")
            os._exit(1)
        os._exit(0)

    return run
