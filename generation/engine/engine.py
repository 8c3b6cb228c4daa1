"""The painting loop, over many requests at once."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Slices
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from math import lcm
from traceback import clear_frames

import torch
from torch import Generator, Tensor

from generation.canvas import Canvas, Generative, Init, Resizable, Scalable, Surface, Walkable, resized
from generation.canvas.bent import bent
from generation.canvas.latent import LatentCanvas
from generation.canvas.masked import MaskedSurface, masked, opacity
from generation.canvas.noise import NOISES, fractal
from generation.course import scale_of, step_cost
from generation.engine.batch import VIEWS, Batch
from generation.engine.checkpoint import Header, PaintingCopy, UnfitError, read_header
from generation.engine.faults import Fault, is_loss, is_shortage
from generation.engine.movement import moved, moves
from generation.engine.parts import Parts
from generation.engine.prior import Prior
from generation.engine.refusals import refusal
from generation.engine.state import RequestState
from generation.engine.stillness import ended_where_still
from generation.engine.stopwatch import Stopwatch
from generation.engine.story import weights
from generation.errors import RequestError
from generation.models.layers import has_kernels
from generation.options import BIGGAN, EVOLUTIONS, MOST_TIMES, NEURAL_STYLE, VQGAN
from generation.perceptor.pictures import NO_PICTURES, Pictures
from generation.recipe import LATENT_CANVASES, Recipe, Stage, last_step
from generation.request import (
    LATENT,
    NOISE,
    ImagineRequest,
    Shape,
    Steering,
    cutouts_refusal,
    size_refusal,
)
from generation.steering import steered

GONE = "A picture that it was to be painted from is no longer there; ask again with the picture."
NO_LATENT = "The models in use do not paint the picture by a latent to the end; ask again without it."
NO_WALK = "The models in use have no latents at the end, between which a walk could go; ask for pictures."
NO_WALK_BY = "A walk goes between latents, and `--painter {0}` has none; leave it out."
KEPT = 4
"""Batches without requests that are kept for the next one of their key, at most."""
STAGES = 32
"""Of which the parts are kept, at most."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a step took.

    Args:
        shape: of its pictures.
        pictures: that took part.
        seconds: that it took or would have taken without what its requests ask for, with what the prior took for
            pictures of which it is the first step.
    """

    shape: Shape
    pictures: int
    seconds: float


class Engine:
    """Paints many requests, each step all those of one key as one batch.

    Requests join and leave between steps. Each has its own seed, step count and optimiser state, and nothing that is
    drawn at random for it depends on its neighbours. What is computed for it does, by rounding, as it does on the
    number of threads, and in the course of the steps that grows to a difference that can be seen. So a request repeats
    its picture exactly only beside as many neighbours in each step, with as many threads, on the same device with the
    same libraries. Several batches get equal time, whatever their steps cost, and the prior gets as much as one.

    A batch whose step breaks off goes on from where it was in two halves, and so on, until the request that is the
    cause is alone. Where memory is short for one alone, its cutouts are judged a few at a time.

    Args:
        recipe: the numbers of the loop, where a request asks for no others.
        parts: returns what the steps of a stage are made of.
        device: where the models are.
        prior: what returns pictures to begin from, if the models bring one.
        fingerprint: of the models; from checkpoints of others nothing goes on.
        stopwatch: of steps and slices; by default that of the device.
        vqgan: fingerprint of that model alone, of which latents are.
        biggan: likewise; without one nothing is painted by a BigGAN.
        vgg: likewise; without one nothing is painted in a neural style.
    """

    def __init__(
        self,
        recipe: Recipe,
        parts: Callable[[Stage], Parts],
        device: torch.device,
        prior: Prior | None = None,
        stopwatch: Stopwatch | None = None,
        fingerprint: str = "",
        vqgan: str = "",
        biggan: str = "",
        vgg: str = "",
    ) -> None:
        self.recipe = recipe
        self.parts = lru_cache(maxsize=STAGES)(parts)
        self.device = device
        self.prior = prior
        self.fingerprint = fingerprint
        self.vqgan = vqgan
        self.biggan = biggan
        self.vgg = vgg
        usual = [self.parts(stage) for stage in (*recipe.stages, *(recipe.coarse_to_fine or ()))]
        self.multiple = lcm(*(each.canvas.multiple for each in usual))
        """Of which the sides of pictures have to be multiples, in pixels."""
        self.evaluations = max(each.optimiser.evaluations for each in usual)
        """Of the loss in a step, at most."""
        self.inits = (*([prior.name] if prior else []), NOISE, *NOISES)
        """What a request's ``init`` may name."""
        needed = {BIGGAN: biggan, NEURAL_STYLE: vgg}
        self.painters = tuple(name for name in recipe.stages_of if needed.get(name, "none"))
        """What its ``canvas`` may name."""
        self.most_cutouts = MOST_TIMES * recipe.cutouts
        """Views of a picture in each step that a request may ask for."""
        self.seconds = 0.0
        """That its steps and its prior have taken, as far as they are known by now."""
        self.on_shortage: Callable[[], None] = lambda: None
        """Called when memory ran out, to free what others than this engine have."""
        self._states: dict[str, RequestState] = {}
        self._batches: list[Batch] = []
        """Also those without requests, of which the one that was left last is at the end."""
        self._batch_of: dict[RequestState, Batch] = {}
        self._pending: dict[RequestState, Slices[None, None, Tensor]] = {}
        """Requests that wait for the prior, which works for one after the other."""
        self._prior_seconds = 0.0
        """As `Batch.seconds`, of all that wait for the prior together."""
        self._stopwatch = stopwatch or Stopwatch(device)
        self._timings: deque[Timing] = deque()

    def __len__(self) -> int:
        """Return how many requests are in progress."""
        return len(self._states)

    @property
    def requests(self) -> Iterator[ImagineRequest]:
        """Those in progress."""
        return (state.request for state in self._states.values())

    @property
    def batches(self) -> int:
        """How many batches are in progress; they get equal time, and what the prior works for counts as one."""
        return len(self._running) + bool(self._pending)

    def drop_idle(self) -> None:
        """Let go of the batches that are kept for requests to come."""
        self._batches = self._running

    def add_request(
        self,
        request: ImagineRequest,
        checkpoint: bytes | None = None,
        pictures: Pictures = NO_PICTURES,
    ) -> RequestState:
        """Start a request, or let it go on from a checkpoint; it takes part in the following steps.

        Args:
            request: to be painted.
            checkpoint: of the same, made by any engine.
            pictures: that it names, ``[3, height, width]`` in [0, 1], by their digests.

        Raises:
            RequestError: it asks for what cannot be painted, with these models or with any.
            UnfitError: it cannot go on from this checkpoint, but begin without it.
        """
        self.check(request, pictures)
        pictures = {digest: picture.to(self.device) for digest, picture in pictures.items()}
        generator = Generator().manual_seed(request.seed)
        prior = self._prior_of(request)
        stages = self.recipe.stages_for(request, prior=prior is not None)
        if (LATENT in request.outputs or request.init_latent) and not (stages and self._ends_in_latent(stages)):
            raise RequestError(NO_LATENT)
        known = request.until(read_header(checkpoint).step if checkpoint is not None else 0)
        objective = self.parts(stages[0]).objective
        rows, left_out = objective.rows(known, pictures), objective.left_out(known)
        state = RequestState(request, stages, known, rows, generator, left_out, pictures)
        if checkpoint is not None:
            self._resume(state, checkpoint)
        elif prior is None:
            # A picture from somebody is no sketch of the words: every stage paints on it.
            self._enter_stage(state, 0, self._start(state))
        else:
            if not self._pending:
                self._prior_seconds = self._least_seconds()
            self._pending[state] = prior.begin(known, rows, weights(known, 0), generator)
        self._states[request.id] = state
        return state

    def check(self, request: ImagineRequest, pictures: Pictures) -> None:
        """Raise ``RequestError`` where a request asks for what is not painted, or names pictures that are not there."""
        refused = size_refusal(request.shape, self.multiple) or cutouts_refusal(request.cutouts, self.most_cutouts)
        if refused := refused or refusal(request, self.inits, self.painters):
            raise RequestError(refused)
        if not request.pictures <= pictures.keys():
            raise RequestError(GONE)

    def walkable(self, request: ImagineRequest) -> Canvas:
        """Return the canvas, a ``Walkable``, from whose latents a request's picture is decoded in the end.

        Raises:
            RequestError: there is none.
        """
        stages = self.recipe.stages_for(request, prior=False)
        canvas = self.parts(stages[-1]).canvas
        if not (isinstance(canvas, Walkable) and self._ends_in_latent(stages)):
            raise RequestError(NO_WALK if request.painter == VQGAN else NO_WALK_BY.format(request.painter))
        return canvas

    def latents_of(self, request: ImagineRequest) -> str:
        """Return the fingerprint of the model of which the latents are by which a request is painted."""
        return self.biggan if request.painter == BIGGAN else self.vqgan

    def repeats(self, request: ImagineRequest) -> bool:
        """Return whether a request has the same pixels each time, with as many threads, whatever is painted beside it.

        A device that paints one picture at a time does so. On CUDA our kernels do, beside others too (40 steps of 256²
        on an H100); other views, and PyTorch's own, add up their gradients in no fixed order.
        """
        stages = self.recipe.stages_for(request, prior=self._prior_of(request) is not None)
        return self.device.type == "cpu" or (has_kernels(self.device) and all(map(_is_ordered, stages)))

    def _prior_of(self, request: ImagineRequest) -> Prior | None:
        """Return what draws that with which a request begins; None where nothing does."""
        return self.prior if self.prior and request.until(0).begins_with(self.prior.name) else None

    def _ends_in_latent(self, stages: Sequence[Stage]) -> bool:
        last = stages[-1]
        return last.canvas in LATENT_CANVASES and last.scale == 1 and last.side is None

    def _start(self, state: RequestState) -> Tensor | None:
        """Return the picture that a state begins from without a prior; None for what the recipe says."""
        request = state.request
        if request.init_latent:
            return state.pictures[request.init_latent]
        if request.init_picture:
            picture = state.pictures[request.init_picture]
            return bent(picture, request.variation, state.generator) if request.variation else picture
        if request.init in NOISES:
            return NOISES[request.init](request.width, request.height, state.generator).to(self.device)
        return None

    def steer_request(self, request_id: str, steering: Sequence[Steering]) -> ImagineRequest | None:
        """Have a request painted otherwise from its next step on.

        One that has not taken a step begins anew, so that it does as if it had been asked for like that.

        Args:
            request_id: of the request.
            steering: of which the step is set here.

        Returns:
            The request as it is painted now; None where it is not in progress.

        Raises:
            RequestError: it cannot be steered like that, and is painted as before.
        """
        state = self._states.get(request_id)
        if state is None:
            return None
        request = steered(state.request, steering, state.step)
        if state.step == 0:
            self.abort_request(request_id)
            self.add_request(request, pictures=state.pictures)
        else:
            state.request = request
        return request

    def abort_request(self, request_id: str) -> None:
        """Forget a request; one that is not in progress is ignored."""
        state = self._states.pop(request_id, None)
        if state is not None:
            self._pending.pop(state, None)
            self._leave_batch(state)

    def suspend_request(self, request_id: str) -> PaintingCopy | None:
        """Forget a request and return from what it can go on elsewhere, None where that is nothing."""
        state = self._states.get(request_id)
        copy = self.checkpoint(state) if state is not None and state.step > 0 else None
        self.abort_request(request_id)
        return copy

    def checkpoint(self, state: RequestState) -> PaintingCopy:
        """Return a copy of a request that has taken a step and is not done, from which it can go on elsewhere."""
        header = Header(self._painting(state, state.step), state.step)
        return PaintingCopy(header, self._batch_of[state].tensors(state))

    def step(self) -> list[RequestState]:
        """Advance all requests of one key by one step and return them, or the one for which the prior worked.

        A request that is done, or has a ``fault``, is returned this once more and has left. None is returned where
        a step broke off and is tried again in parts.

        Raises:
            Exception: the device is in no state to go on; only a new process can use it.
        """
        for state in [state for state in self._states.values() if state.turns]:
            try:
                self._turn(state)
            except Exception as error:
                self._break_off(state, error)
                return [state]
        batch = min(self._running, key=lambda batch: batch.seconds, default=None)
        pending = next(iter(self._pending), None)
        if pending and (batch is None or self._prior_seconds < batch.seconds):
            batch = None
        self._stopwatch.start()
        if batch:
            return self._advance(batch)
        return self._draw(pending) if pending else []

    def timings(self) -> list[Timing]:
        """Return how long the steps took that are known by now and were not returned before."""
        timings = list(self._timings)
        self._timings.clear()
        return timings

    def _advance(self, batch: Batch) -> list[RequestState]:
        """Take a step with all of a batch."""
        states = list(batch.states)
        first = [state for state in states if state.step == 0]
        try:
            pictures = batch.step()
        except Exception as error:
            if is_loss(error):
                raise
            return self._divide(batch, error)
        for state, picture in zip(states, pictures, strict=True):
            state.step += 1
            state.picture = resized(picture, state.request.shape)
            state.request = ended_where_still(state)
        self._stopwatch.stop(partial(self._note, batch, states[0].request.shape, len(states), first))
        for state in states:
            try:
                self._move(batch, state)
                self._pass_on(state)
            except Exception as error:
                self._break_off(state, error)
        return states

    def _move(self, batch: Batch, state: RequestState) -> None:
        """Let a state whose picture is to be moved now go on from the moved one."""
        if not moves(state.request, state.step):
            return
        self._stopwatch.start()
        shown = batch.look(state)
        state.picture = resized(shown, state.request.shape)
        _, init = self._init(state, moved(shown, state.request))
        batch.reset(state, init)
        self._stopwatch.stop(batch.spend)

    def _pass_on(self, state: RequestState) -> None:
        """Let a state that has taken the last step of its stage begin the next, or leave."""
        is_cut_short = state.done and state.step < state.request.steps
        while not is_cut_short and state.stage < len(state.stages) - 1 and state.step >= self._last_step(state):
            batch = self._batch_of[state]
            if self._carries(state, state.stage + 1):
                self._carry(state, batch)
                continue
            shown = batch.latent(state) if isinstance(batch.canvas, Generative) else batch.look(state)
            self._leave_batch(state)
            self._enter_stage(state, state.stage + 1, shown)
        if state.done:
            state.picture = self._finished(state)
            if LATENT in state.request.outputs:
                state.latent = self._batch_of[state].latent(state)
            self.abort_request(state.request.id)

    def _finished(self, state: RequestState) -> Tensor:
        """Return the picture of a state that is done, in its own shape."""
        batch, request = self._batch_of[state], state.request
        canvas = self.parts(state.stages[state.stage]).canvas
        if not isinstance(canvas, Scalable):
            return resized(batch.look(state), request.shape)
        picture = batch.enlarge(state, canvas, request.shape)
        if not request.mask:
            return picture
        return torch.lerp(state.pictures[request.init_picture], picture, opacity(state.pictures[request.mask]))

    def _turn(self, state: RequestState) -> None:
        """Let a state that has other targets from now on go on among those of its new key."""
        state.known = state.request.until(state.step)
        state.rows = self.parts(state.stages[0]).objective.rows(state.known, state.pictures)
        before = self._batch_of[state]
        init, tensors = before.init(state), {name: each.clone() for name, each in before.tensors(state).items()}
        self._leave_batch(state)
        self._join(state, before.canvas, init)
        self._batch_of[state].take(state, tensors)

    def _divide(self, batch: Batch, error: Exception) -> list[RequestState]:
        """Let a batch whose step broke off go on in parts; one that has no parts has left and is returned."""
        states = list(batch.states)
        is_short = is_shortage(error)
        clear_frames(error.__traceback__)  # they hold what the step computed
        self._batches.remove(batch)
        if len(states) == 1 and (batch.at_once or not is_short):
            self._break_off(states[0], error)
            return states
        parts = batch.parts(1, VIEWS) if len(states) == 1 else batch.parts((len(states) + 1) // 2)
        if is_short:
            self.drop_idle()
            self.on_shortage()
        self._batches = [*self._batches, *parts]
        self._batch_of |= {state: part for part in parts for state in part.states}
        torch.cuda.empty_cache()
        return []

    def _break_off(self, state: RequestState, error: Exception) -> None:
        """Let a state leave that cannot go on.

        Raises:
            Exception: the device is in no state to go on.
        """
        if is_loss(error):
            raise error
        state.fault = Fault.of(error)
        self.abort_request(state.request.id)

    def _note(self, batch: Batch, shape: Shape, pictures: int, first: list[RequestState], seconds: float) -> None:
        batch.spend(seconds)
        self.seconds += seconds
        seconds /= self._effort(shape, batch.stage)
        self._timings.append(Timing(shape, pictures, seconds + sum(state.prior_seconds for state in first)))

    def _effort(self, shape: Shape, stage: Stage) -> float:
        """Return how much work a step is beside one of the recipe."""
        cutouts = (stage.cutouts or self.recipe.cutouts) / self.recipe.cutouts
        evolution = EVOLUTIONS.get(stage.optimiser, 1.0)
        scale = scale_of(shape, stage.side, stage.scale)
        return evolution * self.recipe.work.of(shape, cutouts, scale, stage.canvas) / step_cost(shape)

    def _draw(self, state: RequestState) -> list[RequestState]:
        """Let the prior work for a request, which joins a batch when its picture is there."""
        try:
            self._draw_slice(state)
        except Exception as error:
            self._break_off(state, error)
        self._stopwatch.stop(partial(self._note_prior, state))
        return [state]

    def _draw_slice(self, state: RequestState) -> None:
        try:
            next(self._pending[state])
        except StopIteration as end:
            self._enter_stage(state, state.stage, end.value)
            del self._pending[state]

    def _note_prior(self, state: RequestState, seconds: float) -> None:
        self._prior_seconds += seconds
        self.seconds += seconds
        state.prior_seconds += seconds

    def _last_step(self, state: RequestState) -> int:
        return last_step(state.stages, state.stage, state.request.steps)

    @property
    def _running(self) -> list[Batch]:
        return [batch for batch in self._batches if batch.states]

    def _least_seconds(self) -> float:
        """Return what is credited to what begins now: as much as those have had that have had least."""
        seconds = [batch.seconds for batch in self._running]
        return min([*seconds, self._prior_seconds] if self._pending else seconds, default=0.0)

    def _enter_stage(self, state: RequestState, stage: int, picture: Tensor | None) -> None:
        """Let a state go on in a stage, from the picture as it is, or from the latent where no picture becomes one."""
        self._count(state, stage)
        surface, init = self._init(state, picture)
        self._join(state, surface, init)

    def _count(self, state: RequestState, stage: int) -> None:
        """Let the steps of a stage be counted from the one that comes next."""
        if not self._carries(state, stage):
            state.counted_from = state.step
        state.stage = stage
        state.stage_start, state.stage_end = state.step, max(state.step + 1, self._last_step(state))

    def _carries(self, state: RequestState, stage: int) -> bool:
        """Return whether what was optimised before a stage is carried over into it."""
        if not state.stages[stage].carried or stage == 0 or state.request.mask:
            return False
        before, after = (self.parts(state.stages[number]) for number in (stage - 1, stage))
        same = type(before.canvas) is type(after.canvas) and type(before.optimiser) is type(after.optimiser)
        return same and isinstance(after.canvas, Resizable) and bool(after.optimiser.powers)

    def _carry(self, state: RequestState, before: Batch) -> None:
        """Let a state go on in its next stage with what it has, in the size of that."""
        self._count(state, state.stage + 1)
        numbers = state.stages[state.stage]
        canvas = self.parts(numbers).canvas
        assert isinstance(canvas, Resizable)
        shape = _painted(state.request.shape, numbers, canvas.multiple)
        init, carried = before.carried(state, lambda init: canvas.resized(init, *shape))
        self._leave_batch(state)
        self._join(state, canvas, init)
        self._batch_of[state].take(state, carried)

    def _join(self, state: RequestState, surface: Surface, init: Init) -> None:
        """Let a state take part in the batch of its key."""
        numbers = state.stages[state.stage]
        parts = self.parts(numbers)
        fitting = [batch for batch in self._batches if batch.key == state.key and not batch.full]
        batch = max(fitting, key=lambda batch: len(batch.states), default=None)
        if batch is None:
            batch = Batch(surface, parts.objective, parts.optimiser, numbers, state, init, self.device)
            self._batches.append(batch)
        if not batch.states:
            batch.seconds = self._least_seconds()
        batch.join(state, init)
        self._batch_of[state] = batch

    def _init(self, state: RequestState, picture: Tensor | None) -> tuple[Surface, Init]:
        """Return on what a state paints in its stage, and what it begins with, from a picture or from nothing."""
        numbers, request = state.stages[state.stage], state.request
        canvas = self.parts(numbers).canvas
        shape = _painted(request.shape, numbers, canvas.multiple)
        if isinstance(canvas, Scalable):
            shape = canvas.painted_shape(shape)
        if picture is not None and request.init_latent and state.stage == state.step == 0:
            assert isinstance(canvas, LatentCanvas | Generative)
            return canvas, canvas.begin_at(picture, *shape)
        if isinstance(canvas, Generative):
            if picture is None:
                return canvas, canvas.begin(request, *shape, state.generator)
            return canvas, canvas.begin_at(picture, *shape)
        picture = None if picture is None else resized(picture, shape)
        if request.chaos and state.stage == state.step == 0:
            picture = _clouded(picture, canvas, state, shape)
        init = canvas.init(*shape, state.generator, picture)
        if not request.mask:
            return canvas, init
        whole, mask = (resized(state.pictures[each], shape) for each in (request.init_picture, request.mask))
        return MaskedSurface(canvas), masked(init, whole, mask)

    def _resume(self, state: RequestState, checkpoint: bytes) -> None:
        """Let a new state go on from a checkpoint: its stage follows from its step."""
        request, header = state.request, read_header(checkpoint)
        if header.painting != self._painting(state, header.step) or header.step >= request.end_step:
            raise UnfitError("The checkpoint is of another painting, of other models or of another recipe.")
        while state.stage < len(state.stages) - 1 and header.step >= self._last_step(state):
            state.step = max(1, self._last_step(state))
            self._count(state, state.stage + 1)
        self._enter_stage(state, state.stage, None)
        state.step = header.step
        try:
            self._batch_of[state].restore(state, checkpoint)
        except UnfitError:
            self._leave_batch(state)
            raise

    def _painting(self, state: RequestState, step: int) -> str:
        """Return a digest of all that decides what a request's picture will be after so many steps."""
        recipe = repr(self.recipe), repr(state.stages)
        request = state.request.until(step - 1).anonymous
        own = {BIGGAN: self.biggan, NEURAL_STYLE: self.vgg}.get(request.painter, "")
        parts = request.to_json(), *recipe, self.fingerprint, repr(self.inits), own
        return sha256("\n".join(parts).encode()).hexdigest()

    def _leave_batch(self, state: RequestState) -> None:
        batch = self._batch_of.pop(state, None)
        if batch is None:
            return
        batch.leave(state)
        if batch in self._batches and not batch.states:
            kept = [each for each in self._batches if not each.states and each is not batch]
            self._batches = [*self._running, *[*kept, *([] if batch.limited else [batch])][-KEPT:]]


def _is_ordered(stage: Stage) -> bool:
    """Return whether our kernels for CUDA do all that adds up in a stage."""
    return stage.canvas == "latent" and stage.cut_method == "composed" and not stage.augmentations


@torch.no_grad()
def _clouded(picture: Tensor | None, canvas: Canvas, state: RequestState, shape: Shape) -> Tensor:
    """Return a picture to begin from with as many clouds in it as a request asks for; None for the canvas's own."""
    if picture is None:
        init = canvas.init(*shape, state.generator, None)
        picture = canvas.render([each[None] for each in init.parameters], [each[None] for each in init.constants])[0]
    clouds = fractal(*shape, state.generator).to(picture.device)
    return picture.lerp(clouds, state.request.chaos / 100)


def _painted(shape: Shape, stage: Stage, multiple: int) -> Shape:
    """Return in which shape a picture is painted in a stage, in multiples of some pixels."""
    scale = scale_of(shape, stage.side, stage.scale)
    if scale == 1:
        return shape
    width, height = (max(1, round(side * scale / multiple)) * multiple for side in shape)
    return width, height
