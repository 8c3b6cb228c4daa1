"""Walks: films that pass pictures, painted one after the other or there already, and what lies between their latents.

After Robert Twomey's notebooks (``generate_from_stored``): slerp from each to the next, rests, and a loop.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import groupby, islice

import torch
from torch import Generator, Tensor

from generation.canvas import Canvas, Generative, Init, Scalable, Walkable, resized
from generation.engine.checkpoint import Header, PaintingCopy, UnfitError, read_header, read_tensors
from generation.engine.cuda_graph import give_back
from generation.engine.engine import Engine
from generation.engine.faults import Fault, is_loss, is_shortage
from generation.engine.state import RequestState
from generation.engine.stopwatch import Stopwatch
from generation.engine.timing import Timing
from generation.errors import RequestError
from generation.latents import DAMAGED
from generation.perceptor.pictures import NO_PICTURES, Pictures
from generation.request import ImagineRequest
from generation.sizes import Shape
from generation.targets import Steering
from generation.waypoint import Waypoint

PIXELS_AT_ONCE = 1 << 19
"""Of frames that are decoded together."""
FRAMES_AT_ONCE = 8
"""Likewise, at most."""

Place = tuple[int, float]
"""A waypoint, by its number, and the share of the way to the next, in [0, 1)."""


@dataclass(slots=True, eq=False)
class WalkState:
    """A walk in progress; what it shares with a ``RequestState`` means the same.

    Args:
        request: that asks for it.
        canvas: that decodes it.
        pictures: that it passes, by the digests that the request names: latents and pictures.
        waypoints: found so far, from which pictures are decoded.
        painted: the picture that is being painted.
        before: steps of those that were painted before.
        frames: that are still to come, once all waypoints are found.
        frame: the last one of these, or the last picture that was finished.
    """

    request: ImagineRequest
    canvas: Canvas
    pictures: Pictures
    waypoints: list[Tensor] = field(default_factory=list)
    painted: RequestState | None = None
    before: int = 0
    frames: Iterator[Tensor] | None = None
    left_out: str = ""
    step: int = 0
    fault: Fault | None = None
    frame: Tensor | None = None
    latent: None = None

    @property
    def done(self) -> bool:
        """Whether the last frame is there."""
        return self.step == self.request.end_step

    @property
    def has_picture(self) -> bool:
        """Whether there is something to be seen of it."""
        return self.frame is not None or (self.painted is not None and self.painted.has_picture)

    @property
    def picture(self) -> Tensor | None:
        """What is to be seen now: the picture that is being painted, or else the last frame or finished picture."""
        painted = None if self.painted is None else self.painted.picture
        return self.frame if painted is None else painted


State = RequestState | WalkState


class Walks:
    """An engine that also walks: each step is one of the engine's, or decodes a frame.

    The pictures of a walk are painted by the engine as all others. Walks that have found theirs take turns with it.

    Args:
        engine: that paints.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._walks: dict[str, WalkState] = {}
        self._of: dict[RequestState, WalkState] = {}
        """Whose pictures are being painted."""
        self._paints_next = True
        self._stopwatch = Stopwatch(engine.equipment.device)
        self._seconds = 0.0
        """That frames took."""

    def __len__(self) -> int:
        """Return how many requests are in progress."""
        return len(self.engine) + sum(walk.painted is None for walk in self._walks.values())

    @property
    def requests(self) -> list[ImagineRequest]:
        """Those in progress."""
        decoded = [walk.request for walk in self._walks.values() if walk.painted is None]
        return [*self.engine.requests, *decoded]

    @property
    def seconds(self) -> float:
        """That the engine's steps and all frames took."""
        return self.engine.seconds + self._seconds

    @property
    def batches(self) -> int:
        """Among how many they were parted, at least."""
        return self.engine.batches + sum(walk.painted is None for walk in self._walks.values())

    def add_request(
        self, request: ImagineRequest, checkpoint: bytes | None = None, pictures: Pictures = NO_PICTURES
    ) -> State:
        """Do what the engine's does; from its checkpoint a walk goes on behind the last picture that was finished."""
        if not request.waypoints:
            return self.engine.add_request(request, checkpoint, pictures)
        self.engine.equipment.check(request, pictures)
        walk = WalkState(request, self.engine.equipment.walkable(request), pictures)
        if checkpoint is not None:
            self._resume(walk, checkpoint)
        self._walks[request.id] = walk
        try:
            self._find(walk)
        except Exception:
            self.abort_request(request.id)
            raise
        walk.left_out = walk.painted.left_out if walk.painted else ""
        return walk

    def steer_request(self, request_id: str, steering: Sequence[Steering]) -> ImagineRequest | None:
        """Do what the engine's does; walks are not steered."""
        return self.engine.steer_request(request_id, steering)

    def abort_request(self, request_id: str) -> None:
        """Forget a request; one that is not in progress is ignored."""
        walk = self._walks.pop(request_id, None)
        if walk is None:
            self.engine.abort_request(request_id)
        elif walk.painted is not None:
            del self._of[walk.painted]
            self.engine.abort_request(walk.painted.request.id)

    def suspend_request(self, request_id: str) -> PaintingCopy | None:
        """Forget a request and return from what it can go on elsewhere, None where that is nothing."""
        walk = self._walks.get(request_id)
        if walk is None:
            return self.engine.suspend_request(request_id)
        copy = self.checkpoint(walk)
        self.abort_request(request_id)
        return copy

    def checkpoint(self, state: State) -> PaintingCopy | None:
        """Return a copy from which a request can go on elsewhere, None where that is nothing."""
        if isinstance(state, RequestState):
            return self.engine.checkpoint(state)
        if not state.before:
            return None
        header = Header(self._painting(state, state.before), state.before)
        return PaintingCopy(header, {"waypoints": torch.stack(state.waypoints)})

    def step(self) -> list[State]:
        """Do what the engine's does, or return a walk with its next frame."""
        walk = next((each for each in self._walks.values() if each.frames is not None), None)
        if walk is None or (self._paints_next and len(self.engine)):
            self._paints_next = False
            return [self._followed(state) for state in self.engine.step()]
        self._paints_next = True
        self._walks[walk.request.id] = self._walks.pop(walk.request.id)  # the others are next
        self._stopwatch.start()
        try:
            assert walk.frames is not None
            walk.frame = next(walk.frames)
        except Exception as error:
            self._break_off(walk, error)
        else:
            walk.step += 1
        self._stopwatch.stop(self._spend)
        if walk.done:
            self._walks.pop(walk.request.id, None)
        return [walk]

    def timings(self) -> list[Timing]:
        """Return how long the engine's steps took that are known by now and were not returned before."""
        return self.engine.timings()

    def _spend(self, seconds: float) -> None:
        self._seconds += seconds

    def _followed(self, state: RequestState) -> State:
        """Return whose state it is that has advanced: a walk's, where its picture has."""
        walk = self._of.get(state)
        if walk is None:
            return state
        if state.fault is not None:
            walk.fault = state.fault
            self.abort_request(walk.request.id)
            return walk
        walk.step = walk.before + state.step
        if state.done:
            try:
                assert state.latent is not None
                del self._of[state]
                walk.painted, walk.before, walk.frame = None, walk.step, state.picture
                walk.waypoints.append(self._decodable(walk).waypoint(state.latent))
                self._find(walk)
            except Exception as error:
                self._break_off(walk, error)
        return walk

    def _find(self, walk: WalkState) -> None:
        """Find the next waypoints, until one of them has to be painted or there is none left."""
        missing = [*zip(walk.request.waypoints, walk.request.walk_pictures, strict=True)][len(walk.waypoints) :]
        for waypoint, request in missing:
            if request is not None:
                walk.painted = self.engine.add_request(request)
                self._of[walk.painted] = walk
                return
            latent = self._drawn(walk, waypoint) if waypoint.classes else self._given(walk, waypoint)
            walk.waypoints.append(self._decodable(walk).waypoint(latent))
        walk.frames = self._frames(walk)

    def _drawn(self, walk: WalkState, waypoint: Waypoint) -> Tensor:
        """Return the latent of classes; raises ``RequestError`` where there are none of these."""
        assert isinstance(walk.canvas, Generative)
        seed = walk.request.seed if waypoint.seed is None else waypoint.seed
        request = replace(walk.request, classes=waypoint.classes)
        return _latent_of(walk, walk.canvas.begin(request, *self._shape(walk), Generator().manual_seed(seed)))

    def _given(self, walk: WalkState, waypoint: Waypoint) -> Tensor:
        """Return the latent that is given, or that of the picture that is; raises ``RequestError`` where it is none."""
        given = walk.pictures[waypoint.latent or waypoint.picture].to(self.engine.equipment.device)
        latent = given if waypoint.latent else self._latent(walk, given)
        if latent.shape != self._latent(walk, None).shape:
            raise RequestError(DAMAGED)
        return latent

    def _latent(self, walk: WalkState, picture: Tensor | None) -> Tensor:
        """Return the latent of a picture, or one from which nothing has been painted yet."""
        shape = self._shape(walk)
        picture = None if picture is None else resized(picture, shape)
        return _latent_of(walk, walk.canvas.init(*shape, Generator().manual_seed(walk.request.seed), picture))

    def _shape(self, walk: WalkState) -> Shape:
        """Return the shape in which the canvas paints the pictures of a walk."""
        shape = walk.request.shape
        return walk.canvas.painted_shape(shape) if isinstance(walk.canvas, Scalable) else shape

    def _decodable(self, walk: WalkState) -> Walkable:
        assert isinstance(walk.canvas, Walkable)
        return walk.canvas

    def _frames(self, walk: WalkState) -> Iterator[Tensor]:
        """Yield the frames, decoded a few at a time; of a rest all are one."""
        canvas, waypoints = self._decodable(walk), walk.waypoints
        width, height = walk.request.shape
        at_once = max(1, min(FRAMES_AT_ONCE, PIXELS_AT_ONCE // (width * height)))
        rests = ((place, len([*same])) for place, same in groupby(places(walk.request)))
        while some := [*islice(rests, at_once)]:
            between = [
                canvas.between(waypoints[number], waypoints[(number + 1) % len(waypoints)], share)
                for (number, share), _ in some
            ]
            for (_, count), picture in zip(some, self._decoded(canvas, between, self._shape(walk)), strict=True):
                shown = resized(picture, walk.request.shape)
                for _ in range(count):
                    yield shown

    def _decoded(self, canvas: Walkable, waypoints: Sequence[Tensor], shape: Shape) -> Iterator[Tensor]:
        """Yield the pictures of some waypoints, one at a time where memory is too short for all of them together."""
        try:
            yield from canvas.decode(torch.stack([*waypoints]), shape)
            return
        except Exception as error:
            if len(waypoints) == 1 or not is_shortage(error):
                raise
        give_back()
        for each in waypoints:
            yield canvas.decode(each[None], shape)[0]

    def _break_off(self, walk: WalkState, error: Exception) -> None:
        """Let a walk leave that cannot go on; raises the error where the device is in no state to go on."""
        if is_loss(error):
            raise error
        walk.fault = Fault.of(error)
        self.abort_request(walk.request.id)

    def _resume(self, walk: WalkState, checkpoint: bytes) -> None:
        """Let a new walk have the waypoints of a checkpoint, which follow from its step; raises ``UnfitError``."""
        step = read_header(checkpoint).step
        if read_header(checkpoint).painting != self._painting(walk, step):
            raise UnfitError("The checkpoint is of another walk, of other models or of another recipe.")
        found = _found(walk.request, step)
        like = torch.stack([self._latent(walk, None)] * found)
        waypoints = read_tensors(checkpoint, {"waypoints": like})["waypoints"].to(self.engine.equipment.device)
        walk.waypoints, walk.before, walk.step = [*waypoints], step, step

    def _painting(self, walk: WalkState, step: int) -> str:
        """Return a digest of all that decides the waypoints that are found after so many steps."""
        own = self.engine.equipment
        parts = walk.request.anonymous.to_json(), repr(own.recipe), own.fingerprint, str(step)
        return sha256("\n".join(parts).encode()).hexdigest()


def _latent_of(walk: WalkState, init: Init) -> Tensor:
    """Return the latent with which a painting on a walk's canvas begins."""
    parameters, constants = ([each[None] for each in tensors] for tensors in (init.parameters, init.constants))
    latents = walk.canvas.latents(parameters, constants)
    assert latents is not None
    return latents[0]


def places(request: ImagineRequest) -> Iterator[Place]:
    """Yield where the frames of a walk are, those of rests several times."""
    last = len(request.waypoints) - 1
    for number in range(last + 1):
        yield from [(number, 0.0)] * (1 + request.hold)
        if number < last or request.loop:
            yield from ((number, step / request.between) for step in range(1, request.between))


def _found(request: ImagineRequest, step: int) -> int:
    """Return how many waypoints are found when a walk's pictures have been painted for so many steps.

    Raises:
        UnfitError: one of them would be painted in part.
    """
    done = 0
    for number, picture in enumerate(request.walk_pictures):
        if picture is not None and done == step:
            return number
        done += 0 if picture is None else picture.end_step
    if done == step:
        return len(request.waypoints)
    raise UnfitError("The checkpoint is of a step at which no picture of the walk was finished.")
