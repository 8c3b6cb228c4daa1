"""The painting loop, over many requests at once."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from traceback import clear_frames

import torch
from torch import Generator, Tensor

from generation.canvas import Canvas, Generative, Init, Resizable, Scalable, Surface, resized
from generation.canvas.masked import opacity
from generation.engine.batch import Batch
from generation.engine.batches import Batches
from generation.engine.beginning import begun, first_picture, painted_shape
from generation.engine.checkpoint import Header, PaintingCopy, UnfitError, read_header
from generation.engine.cuda_graph import give_back
from generation.engine.equipment import Equipment
from generation.engine.faults import Fault, chain, is_loss, is_shortage
from generation.engine.movement import moved, moves
from generation.engine.prior_queue import PriorQueue
from generation.engine.state import RequestState
from generation.engine.stillness import ended_where_still
from generation.engine.stopwatch import Stopwatch
from generation.engine.timing import Timing
from generation.perceptor.pictures import NO_PICTURES, Pictures
from generation.recipe import last_step
from generation.request import LATENT, ImagineRequest
from generation.sizes import Shape
from generation.steering import steered
from generation.targets import Steering


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
        equipment: that it paints with.
        stopwatch: of steps and slices; by default that of the device.
    """

    def __init__(self, equipment: Equipment, stopwatch: Stopwatch | None = None) -> None:
        self.equipment = equipment
        self.seconds = 0.0
        """That its steps and its prior have taken, as far as they are known by now."""
        self.on_shortage: Callable[[], None] = lambda: None
        """Called when memory ran out, to free what others than this engine have."""
        self._states: dict[str, RequestState] = {}
        self._batches = Batches(equipment)
        self._queue = PriorQueue()
        self._stopwatch = stopwatch or Stopwatch(equipment.device)
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
        return len(self._batches.running) + bool(self._queue)

    def drop_idle(self) -> None:
        """Let go of the batches that are kept for requests to come."""
        self._batches.drop_idle()

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
        equipment = self.equipment
        equipment.check(request, pictures)
        pictures = {digest: picture.to(equipment.device) for digest, picture in pictures.items()}
        generator = Generator().manual_seed(request.seed)
        prior, stages = equipment.prior_for(request), equipment.stages_for(request)
        known = request.until(read_header(checkpoint).step if checkpoint is not None else 0)
        objective = equipment.parts(stages[0]).objective
        rows, left_out = objective.rows(known, pictures), objective.left_out(known)
        state = RequestState(request, stages, known, rows, generator, left_out, pictures)
        if checkpoint is not None:
            self._resume(state, checkpoint)
        elif prior is None:
            # A picture from somebody is no sketch of the words: every stage paints on it.
            self._enter_stage(state, 0, first_picture(state, equipment.device))
        else:
            if not self._queue:
                self._queue.seconds = self._least_seconds()
            self._queue.add(state, prior)
        self._states[request.id] = state
        return state

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
            self._queue.discard(state)
            self._batches.leave(state)

    def suspend_request(self, request_id: str) -> PaintingCopy | None:
        """Forget a request and return from what it can go on elsewhere, None where that is nothing."""
        state = self._states.get(request_id)
        copy = self.checkpoint(state) if state is not None and state.step > 0 else None
        self.abort_request(request_id)
        return copy

    def checkpoint(self, state: RequestState) -> PaintingCopy:
        """Return a copy of a request that has taken a step and is not done, from which it can go on elsewhere."""
        header = Header(self._painting(state, state.step), state.step)
        return PaintingCopy(header, self._batches[state].tensors(state))

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
        batch = self._batches.next
        pending = self._queue.first
        if pending and (batch is None or self._queue.seconds < batch.seconds):
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
            state.rendered = picture
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
        state.rendered = shown
        _, init = begun(state, self._canvas(state), moved(shown, state.request))
        batch.reset(state, init)
        self._stopwatch.stop(batch.spend)

    def _pass_on(self, state: RequestState) -> None:
        """Let a state that has taken the last step of its stage begin the next, or leave.

        One that is stopped passes only the stages that have no steps, or the last where its latent is to be kept.
        """
        if state.done and state.step < state.request.steps:
            passed, later = state.stages[: state.stage + 1], state.stages[state.stage + 1 :]
            last = later[-1:] if LATENT in state.request.outputs else ()
            state.stages = (*passed, *(tuple(each for each in later if not each.share) or last))
        while state.stage < len(state.stages) - 1 and (state.done or state.step >= self._last_step(state)):
            batch = self._batches[state]
            if self._carries(state, state.stage + 1):
                self._carry(state, batch)
                continue
            shown = batch.latent(state) if isinstance(batch.canvas, Generative) else batch.look(state)
            self._batches.leave(state)
            self._enter_stage(state, state.stage + 1, shown)
        if state.done:
            state.rendered = self._finished(state)
            if LATENT in state.request.outputs:
                state.latent = self._batches[state].latent(state)
            self.abort_request(state.request.id)

    def _finished(self, state: RequestState) -> Tensor:
        """Return the picture of a state that is done, in its own shape."""
        batch, request = self._batches[state], state.request
        canvas = self._canvas(state)
        if not isinstance(canvas, Scalable):
            return resized(batch.look(state), request.shape)
        picture = batch.enlarge(state, canvas, request.shape)
        if not request.mask:
            return picture
        return torch.lerp(state.pictures[request.init_picture], picture, opacity(state.pictures[request.mask]))

    def _turn(self, state: RequestState) -> None:
        """Let a state that has other targets from now on go on among those of its new key."""
        state.known = state.request.until(state.step)
        state.rows = self.equipment.parts(state.stages[0]).objective.rows(state.known, state.pictures)
        before = self._batches[state]
        init, tensors = before.init(state), {name: each.clone() for name, each in before.tensors(state).items()}
        self._batches.leave(state)
        self._join(state, before.canvas, init)
        self._batches[state].take(state, tensors)

    def _divide(self, batch: Batch, error: Exception) -> list[RequestState]:
        """Let a batch whose step broke off go on in parts; one that has no parts has left and is returned."""
        states = list(batch.states)
        is_short = is_shortage(error)
        for each in chain(error):
            clear_frames(each.__traceback__)  # they hold what the step computed
        self._batches.remove(batch)
        if len(states) == 1 and (batch.at_once or not is_short):
            self._break_off(states[0], error)
            return states
        if is_short:
            self.drop_idle()
            self.on_shortage()
        self._batches.divide(batch)
        give_back()
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
        whole, prior = seconds / self.equipment.effort(shape, batch.stage), sum(state.prior_seconds for state in first)
        self._timings.append(Timing(shape, pictures, whole + prior, seconds + prior))

    def _draw(self, state: RequestState) -> list[RequestState]:
        """Let the prior work for a request, which joins a batch when its picture is there."""
        try:
            picture = self._queue.work(state)
            if picture is not None:
                self._enter_stage(state, state.stage, picture)
                self._queue.discard(state)
        except Exception as error:
            self._break_off(state, error)
        self._stopwatch.stop(partial(self._note_prior, state))
        return [state]

    def _note_prior(self, state: RequestState, seconds: float) -> None:
        self._queue.seconds += seconds
        self.seconds += seconds
        state.prior_seconds += seconds

    def _last_step(self, state: RequestState) -> int:
        return last_step(state.stages, state.stage, state.request.steps)

    def _least_seconds(self) -> float:
        """Return what is credited to what begins now: as much as those have had that have had least."""
        seconds = [batch.seconds for batch in self._batches.running]
        return min([*seconds, self._queue.seconds] if self._queue else seconds, default=0.0)

    def _enter_stage(self, state: RequestState, stage: int, picture: Tensor | None) -> None:
        """Let a state go on in a stage, from the picture as it is, or from the latent where no picture becomes one."""
        self._count(state, stage)
        surface, init = begun(state, self._canvas(state), picture)
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
        before, after = (self.equipment.parts(state.stages[number]) for number in (stage - 1, stage))
        same = type(before.canvas) is type(after.canvas) and type(before.optimiser) is type(after.optimiser)
        return same and isinstance(after.canvas, Resizable) and bool(after.optimiser.powers)

    def _carry(self, state: RequestState, before: Batch) -> None:
        """Let a state go on in its next stage with what it has, in the size of that."""
        self._count(state, state.stage + 1)
        canvas = self._canvas(state)
        assert isinstance(canvas, Resizable)
        shape = painted_shape(state.request.shape, state.stages[state.stage], canvas.multiple)
        init, carried = before.carried(state, lambda init: canvas.resized(init, *shape))
        self._batches.leave(state)
        self._join(state, canvas, init)
        self._batches[state].take(state, carried)

    def _join(self, state: RequestState, surface: Surface, init: Init) -> None:
        self._batches.join(state, surface, init, self._least_seconds())

    def _canvas(self, state: RequestState) -> Canvas:
        """Return the canvas of the stage in which a state is."""
        return self.equipment.parts(state.stages[state.stage]).canvas

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
            self._batches[state].restore(state, checkpoint)
        except UnfitError:
            self._batches.leave(state)
            raise

    def _painting(self, state: RequestState, step: int) -> str:
        return self.equipment.painting(state.request, state.stages, step)
