"""Torch, the weights and the devices: each paints a few steps in the worker process that the bot would start."""

import asyncio
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter, ValidationError

from config.settings import Settings
from config.settings.models import DEFAULT_MODEL
from easel.doctor.cluster import examine_cluster
from easel.doctor.finding import Finding
from easel.models import only, root
from generation.errors import CheckpointError, GenerationError
from generation.events import Down, Failed, Finished, Heartbeat, Ready
from generation.executor import Executor
from generation.executor.local import LocalExecutor
from generation.executor.process import SETTINGS
from generation.executor.protocol import Weights
from generation.request import NOISE, ImagineRequest
from weights.catalogue import find
from weights.errors import UnusableError
from weights.folder import ModelFolder
from weights.names import POCKET, perceptors

STEPS = 12
"""Painted on each device; the first is not timed, for much is done once in it."""
LONGEST = 300.0
"""Seconds that torch may take to be imported, or a device to load the models and paint."""
LITTLE = 2 * 10**9
"""Bytes of a GPU's memory in which few pictures are painted."""
MODEL = "model {}"
"""How the findings about further models are called."""
IN_USE = "not timed while the bot runs"
NO_WEIGHTS = "not timed without weights"
AGAIN = "fetch or copy the file again"
REFUSED = "requests for this model are refused"


@dataclass(frozen=True, slots=True)
class Gpu:
    """What torch says of one.

    Args:
        name: by its maker.
        free: bytes of its memory.
        total: bytes of its memory.
    """

    name: str
    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What torch sees; as ``generation.worker.probe`` says it.

    Args:
        torch: its version.
        cuda: for which CUDA it was built; None for a build without.
        why: it does not use CUDA although it could.
        gpus: that it sees.
    """

    torch: str
    cuda: str | None
    why: str | None = None
    gpus: list[Gpu] = field(default_factory=list)


async def examine_painting(settings: Settings, *, is_running: bool) -> list[Finding]:
    """Say of the weights, of torch and of each device how they are.

    Args:
        settings: which weights and devices.
        is_running: the bot, whose memory on the devices is not to be taken.
    """
    weights = await asyncio.to_thread(examine_weights, settings)
    if settings.executor.kind == "ray":
        may_paint = not is_running and weights.level != "error"
        cluster = await examine_cluster(settings, timed_step if may_paint else None)
        return [weights, *cluster, *examine_models(settings)]
    seen = await _look()
    if isinstance(seen, Finding):
        return [weights, seen]
    named = settings.executor.devices
    devices = list(dict.fromkeys(names(named, seen)))
    found = [weights, judge_torch(seen, named)]
    if weights.level == "error":
        return [*found, *(judge_device(name, seen) for name in devices), *examine_models(settings)]
    chosen = only(settings, DEFAULT_MODEL)
    models = examine_models(settings)
    whole = [DEFAULT_MODEL, *(_name(each) for each in models if each.level == "ok")]
    damaged = await _unreadable(settings, whole) if is_running else {}
    in_use = IN_USE
    if DEFAULT_MODEL in damaged:
        found[0], in_use = Finding("weights", "error", damaged[DEFAULT_MODEL], AGAIN), NO_WEIGHTS
    for name in devices:
        device = judge_device(name, seen)
        if device.level == "error":
            found.append(device)
            continue
        try:
            executor = LocalExecutor(chosen.models, [name], chosen.painting.preview_seconds)
            told = in_use if is_running else await timed_step(chosen, executor)
        except CheckpointError as error:
            found[0] = Finding("weights", "error", str(error), AGAIN)
            told = NO_WEIGHTS
        except (GenerationError, TimeoutError) as error:
            why = str(error) or f"no step within {LONGEST:.0f} seconds"
            found.append(Finding(name, "error", f"{device.text}; {why}", device.advice or _advice(name)))
            continue
        found.append(Finding(name, device.level, f"{device.text}; {told}", device.advice))
    able = [each.name for each in found[2:] if each.level != "error"]
    if not able or is_running:
        return [
            *found,
            *(_refused(each, damaged[name]) if (name := _name(each)) in damaged else each for each in models),
        ]
    return [*found, *[await _timed_model(settings, model, able[0]) for model in models]]


def examine_models(settings: Settings) -> list[Finding]:
    """Say the same of each further model; what is wrong with one costs its own requests only."""
    found = []
    for name in settings.models.more:
        usual = settings.models.model_copy(update={**dict(settings.models.named(name)), "more": {}})
        weights = examine_weights(settings.model_copy(update={"models": usual}))
        level = "warning" if weights.level == "error" else weights.level
        found.append(Finding(MODEL.format(name), level, weights.text, weights.advice))
    return found


async def _timed_model(settings: Settings, found: Finding, device: str) -> Finding:
    """Say of a further model how fast it paints on a device, too."""
    name = _name(found)
    if found.level != "ok":
        return found
    try:
        chosen = only(settings, name)
        executor = LocalExecutor(chosen.models, [device], chosen.painting.preview_seconds, first=name)
        told = await timed_step(chosen, executor, name)
    except (GenerationError, TimeoutError) as error:
        return _refused(found, str(error) or f"no step within {LONGEST:.0f} seconds")
    return Finding(found.name, "ok", f"{found.text}; on {device} {told}")


def _name(found: Finding) -> str:
    """Return the name of the further model that a finding is about."""
    return found.name.removeprefix(MODEL.format(""))


def _refused(found: Finding, why: str) -> Finding:
    """Return what is said of a further model that cannot be used."""
    return Finding(found.name, "warning", f"{found.text}; {why.removesuffix('.')}", REFUSED)


async def _unreadable(settings: Settings, models: Sequence[str]) -> Mapping[str, str]:
    """Return why the weights of models cannot be read, by the names of those, without any of a device's memory."""
    chosen = {name: Weights(**dict(only(settings, name).models.named(name))) for name in models}
    asked = TypeAdapter(dict[str, Weights]).dump_json(chosen)
    try:
        out, _ = await _answer("generation.worker.readable", asked)
        return TypeAdapter(dict[str, str]).validate_json(out)
    except (TimeoutError, ValidationError):
        return {}  # of torch that does not work is told elsewhere


def examine_weights(settings: Settings) -> Finding:
    """Say whether the weights that are named are there, and whole where it is known what they should be."""
    said = []
    named = [("vqgan", settings.models.vqgan), *(("clip", each) for each in perceptors(settings.models.clip))]
    if settings.models.biggan != POCKET:
        named.append(("biggan", settings.models.biggan))
    for kind, name in named:
        model = find(name)
        if name == POCKET or model is None:
            said.append(name)
            continue
        folder = ModelFolder(root(settings), model)
        try:
            states = [folder.state(file) for file in model.files]
        except UnusableError as error:
            return Finding("weights", "error", str(error), f"models.{kind} needs it")
        bad = next((state for state in states if state != "good"), None)
        if bad is not None:
            return Finding("weights", "error", f"{model.name} is {bad}", f"easel models fetch {model.name}")
        is_known = all(file.sha256 for file in model.files if file.name != "model.yaml")
        said.append(f"{model.name} ({'as published' if is_known else 'as first fetched'})")
    try:
        only(settings, DEFAULT_MODEL)
    except UnusableError as error:
        return Finding("weights", "error", str(error))
    return Finding("weights", "ok", " and ".join(dict.fromkeys(said)))


def names(devices: str | Sequence[str], seen: Seen) -> list[str]:
    """Return the devices that ``executor.devices`` stands for."""
    if devices == "auto":
        return [f"cuda:{number}" for number in range(len(seen.gpus))] or ["cpu"]
    return ["cuda:0" if name == "cuda" else name for name in devices]


def judge_torch(seen: Seen, devices: str | Sequence[str]) -> Finding:
    """Say whether torch can use what the machine has."""
    build = f"for CUDA {seen.cuda}" if seen.cuda else "without CUDA"
    text = f"{seen.torch}, built {build}, sees {len(seen.gpus)} GPUs"
    wants = devices != "auto" and any(name.startswith("cuda") for name in devices)
    if seen.cuda and not seen.gpus:
        why = f" ({seen.why})" if seen.why else ""
        advice = (
            "install NVIDIA's driver, or give the container its GPUs (docker run --gpus all), until nvidia-smi works"
        )
        return Finding("torch", "error" if wants else "warning", f"{text}{why}", advice)
    if wants and not seen.cuda:
        return Finding("torch", "error", text, "install a build of torch for CUDA, or set executor.devices=auto")
    return Finding("torch", "ok", text)


def judge_device(name: str, seen: Seen) -> Finding:
    """Say of a device whether it is there and has memory."""
    if name == "cpu":
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return Finding(name, "ok", f"{cores} cores")
    number = int(name.partition(":")[2])
    if number >= len(seen.gpus):
        text = f"there is no such device: torch sees {len(seen.gpus)} GPUs"
        return Finding(name, "error", text, "change executor.devices")
    gpu = seen.gpus[number]
    text = f"{gpu.name}, {gpu.free / 10**9:.1f} of {gpu.total / 10**9:.1f} GB free"
    if gpu.free < LITTLE:
        return Finding(name, "warning", text, "end what else uses it; nvidia-smi shows that")
    return Finding(name, "ok", text)


async def timed_step(settings: Settings, executor: Executor, model: str = DEFAULT_MODEL) -> str:
    """Paint on an executor's first device for a few steps, and say how long one takes.

    Args:
        settings: the models, and what is usual.
        executor: that is left at the end.
        model: name of the model that paints.

    Raises:
        GenerationError: it does not paint.
        TimeoutError: nor does it fail.
    """
    width, height = settings.painting.width, settings.painting.height
    seconds: list[float] = []
    slots = 0
    async with asyncio.timeout(LONGEST):
        async with executor:
            async for _, event in executor.events():
                match event:
                    case Ready(offer=offer):
                        slots, side = offer.capacity.slots, offer.multiple
                        width, height = (max(side, each // side * side) for each in (width, height))
                        asked = ImagineRequest("doctor", "a red apple", 0, width, height, STEPS, init=NOISE)
                        executor.send(0, replace(asked, model=model))
                    case Heartbeat():
                        seconds.append(event.taken / event.steps)
                    case Failed():
                        raise GenerationError(event.reason)
                    case Down():
                        raise GenerationError("its worker ended; what it wrote stands above")
                    case Finished():
                        break
    step = statistics.median(seconds[1:] or seconds)
    many = f", up to {slots} pictures at a time" if slots > 1 else ""
    return f"a step of {width}×{height} takes {1000 * step:.0f} ms{many}"


async def _look() -> Seen | Finding:
    """Ask torch in a process of its own."""
    try:
        out, err = await _answer("generation.worker.probe")
        return TypeAdapter(Seen).validate_json(out)
    except TimeoutError:
        why = f"it was not imported within {LONGEST:.0f} seconds"
    except ValidationError:
        why = (err.decode("utf-8", "replace").strip().splitlines() or ["it says nothing"])[-1][:200]
    return Finding("torch", "error", why, "install Easel anew with its constraints.txt")


async def _answer(module: str, asked: bytes = b"") -> tuple[bytes, bytes]:
    """Return what a module writes to both outputs, as a process without our settings; raises ``TimeoutError``."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module), stdin=pipe, stdout=pipe, stderr=pipe, env=environment
    )
    try:
        async with asyncio.timeout(LONGEST):
            return await process.communicate(asked)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def _advice(name: str) -> str:
    return "see what its worker wrote above" + ("" if name == "cpu" else ", and nvidia-smi")
