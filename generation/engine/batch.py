"""The states of one key, side by side in slots, and the step that they take together."""

from collections.abc import Callable, Mapping

import torch
from torch import Generator, Tensor

from generation.canvas import Init, Scalable, Surface, enlarged
from generation.canvas.masked import MASK, MaskedSurface
from generation.engine.checkpoint import generator_in, read_tensors
from generation.engine.cuda_graph import Recording
from generation.engine.movement import steps_since
from generation.engine.objective import Objective
from generation.engine.optimisers import Optimiser, Tensors, learning_rate
from generation.engine.optimisers.protocol import columns
from generation.engine.state import RequestState
from generation.engine.step import step
from generation.engine.story import weights
from generation.recipe import Stage
from generation.sizes import Shape

SLOTS = 8
"""Paintings that share a step where that is of use, at most."""
STEPS_DRAWN = 16
"""Steps for which what is random is drawn in one go."""
VIEWS = 4
"""Cutouts that are judged together in a batch to which memory is short."""


class Batch:
    """Slots of one key.

    Everything that a step reads or writes lies in tensors with a row for each slot, whose places never change, and the
    occupied slots come first: so a step can be recorded once and be replayed.

    Args:
        canvas: of the stage.
        objective: of the stage.
        optimiser: of the stage.
        stage: in which they are.
        first: state that is to join; all others have its key.
        init: of that state, for its shapes.
        device: where the tensors are.
        slots: of which each takes a row of all tensors.
        room: for so many states; None for one in each slot.
        at_once: so many cutouts are judged together; None for as many as is usual.
    """

    def __init__(
        self,
        canvas: Surface,
        objective: Objective,
        optimiser: Optimiser,
        stage: Stage,
        first: RequestState,
        init: Init,
        device: torch.device,
        slots: int = SLOTS,
        room: int | None = None,
        at_once: int | None = None,
    ) -> None:
        self.canvas = canvas
        self.objective = objective
        self.optimiser = optimiser
        self.stage = stage
        self.key = first.key
        self.slots = slots
        self.room = room
        self.at_once = at_once
        self.states: list[RequestState] = []
        self.seconds = 0.0
        """That its steps took, and with which it was credited when it began."""
        self._parameters, self._constants, self._rows = (
            tuple(torch.zeros(slots, *each.shape, device=device) for each in tensors)
            for tensors in (init.parameters, init.constants, first.rows)
        )
        self._state = optimiser.init(self._parameters)
        self._means = tuple(map(torch.zeros_like, self._parameters)) if stage.ema else ()
        self._pictures = torch.empty(0)
        idle = objective.draw(slots, Generator().manual_seed(0))
        coefficients = optimiser.coefficients(self._parameters, 1.0, 1, Generator().manual_seed(0))
        counts = torch.ones(len(first.known.judged_by))
        each = torch.cat([counts, coefficients]).expand(slots, -1)
        inputs = [each, idle.flatten(1), torch.zeros(slots, 1), torch.ones(slots, 1)]
        self._inputs = torch.cat(inputs, dim=1).to(device)
        sizes = [len(counts), len(coefficients), idle[0].numel(), 1, 1]
        self._weights, self._coefficients, drawn, self._pull, self._newest = self._inputs.split(sizes, dim=1)
        self._is_pulled = first.request.init_weight > 0
        self._drawn = drawn.unflatten(1, idle.shape[1:])
        self._recording = Recording(self._slots) if device.type == "cuda" and at_once is None else None

    @property
    def full(self) -> bool:
        """Whether there is no room for another state."""
        return len(self.states) >= (self.slots if self.room is None else self.room)

    @property
    def nbytes(self) -> int:
        """How much memory its slots take."""
        return sum(each.nbytes for each in (*self._slots, self._inputs, self._pictures))

    @property
    def limited(self) -> bool:
        """Whether it is a part of one that broke off."""
        return self.room is not None or self.at_once is not None

    def join(self, state: RequestState, init: Init) -> None:
        """Put a state into a free slot."""
        self.states.append(state)
        self.reset(state, init)
        if state.drawn is not None and state.drawn[0].shape[1:] != self._drawn.shape[1:]:
            self._draw(state)  # its last stage was judged by another number of cutouts

    def spend(self, seconds: float) -> None:
        """Note that something took so many seconds."""
        self.seconds += seconds

    def reset(self, state: RequestState, init: Init) -> None:
        """Let a state go on from other parameters and constants, as if its stage began there."""
        slot = self.states.index(state)
        for own in self._state:
            own[slot].zero_()
        new = (*init.parameters, *init.constants, *state.rows, *(init.parameters if self._means else ()))
        for own, each in zip((*self._parameters, *self._constants, *self._rows, *self._means), new, strict=True):
            own[slot].copy_(each)

    def init(self, state: RequestState) -> Init:
        """Return what another batch of the same stage is made for, by the shapes in this one."""
        slot = self.states.index(state)
        return Init(*(tuple(each[slot].clone() for each in tensors) for tensors in (self._constants, self._parameters)))

    def carried(self, state: RequestState, resized: Callable[[Init], Init]) -> tuple[Init, dict[str, Tensor]]:
        """Return what a state has in another size: for what its batch is made, and what it takes there.

        What the optimiser keeps is made as large as the gradients will be: they are shared by as many more numbers.

        Args:
            state: of this batch.
            resized: returns constants and parameters in that size.
        """
        init, before = resized(self.init(state)), self._slot(state)
        taken = {f"constants.{number}": each for number, each in enumerate(init.constants)}
        for number, new in enumerate(init.parameters):
            taken[f"parameters.{number}"] = new
            if self._means:
                taken[f"means.{number}"] = enlarged(before[f"means.{number}"], new.shape)
            for kind, power in enumerate(self.optimiser.powers):
                name = f"optimiser.{kind * len(init.parameters) + number}"
                fewer = before[name].numel() / new.numel()
                taken[name] = enlarged(before[name], new.shape) * fewer**power
        return init, taken

    def take(self, state: RequestState, tensors: Mapping[str, Tensor]) -> None:
        """Let a state that has joined have what it had in another batch, of its own :meth:`tensors`."""
        for name, own in self._slot(state).items():
            own.copy_(tensors[name])

    def tensors(self, state: RequestState) -> dict[str, Tensor]:
        """Return what a state needs to go on beside its request, by name: its slot, and the states of its generator."""
        generator = state.generator.get_state()
        drawn_from = state.drawn[1] if state.drawn else generator
        return {**self._slot(state), "generator": generator, "drawn_from": drawn_from}

    def restore(self, state: RequestState, checkpoint: bytes) -> None:
        """Let a state have the tensors of a checkpoint.

        Raises:
            UnfitError: it holds others; the state is as it was.
        """
        own = self.tensors(state)
        tensors = read_tensors(checkpoint, own)
        drawn_from = tensors.pop("drawn_from")
        before, generator = generator_in(drawn_from), generator_in(tensors.pop("generator"))
        state.drawn, state.generator = (self.objective.draw(STEPS_DRAWN, before), drawn_from), generator
        for name, tensor in tensors.items():
            own[name].copy_(tensor)

    def leave(self, state: RequestState) -> None:
        """Free its slot; the last state moves there."""
        slot = self.states.index(state)
        last = self.states.pop()
        if last is not state:
            self.states[slot] = last
            for each in self._slots:
                each[slot].copy_(each[len(self.states)])

    def parts(self, states: int, at_once: int | None = None) -> "list[Batch]":
        """Return batches in which the states go on from where they are, so many in each and no room for others.

        This one is of no use any more.

        Args:
            states: in each batch, at most.
            at_once: so many cutouts are judged together; None for as many as is usual.
        """
        self._recording = None
        return [self._part(first, states, at_once) for first in range(0, len(self.states), states)]

    def _part(self, first: int, states: int, at_once: int | None) -> "Batch":
        some = self.states[first : first + states]
        part = Batch(
            self.canvas,
            self.objective,
            self.optimiser,
            self.stage,
            some[0],
            self.init(some[0]),
            self._inputs.device,
            self.slots,
            len(some),
            at_once,
        )
        part.states, part.seconds = some, self.seconds
        for own, each in zip(part._slots, self._slots, strict=True):
            own[: len(some)].copy_(each[first : first + len(some)])
        return part

    def step(self) -> Tensor:
        """Take one step with each state and return their pictures before it, valid until the next step.

        Where it breaks off, the states are as they were.
        """
        count = len(self.states)
        inputs = torch.stack([self._input(state) for state in self.states])
        if self._inputs.is_cuda:
            inputs = inputs.pin_memory()
        self._inputs[:count].copy_(inputs, non_blocking=True)
        if self._recording is None:
            self._step(count)
        else:
            self._recording(self._step, count)
        for state in self.states:
            state.input = None
        return self._pictures[:count]

    def look(self, state: RequestState) -> Tensor:
        """Return the picture of a state as it is now, ``[3, H, W]``."""
        return self.canvas.render(*self._shown(state))[0]

    def enlarge(self, state: RequestState, canvas: Scalable, shape: Shape) -> Tensor:
        """Return what of a state is painted as it is now, in another shape and without what a mask lays over it."""
        parameters, constants = self._shown(state)
        own = constants[MASK:] if isinstance(self.canvas, MaskedSurface) else constants
        return canvas.enlarge(parameters, own, shape)[0]

    def _shown(self, state: RequestState) -> tuple[list[Tensor], list[Tensor]]:
        """Return the parameters that are shown of a state, and its constants."""
        slot = self.states.index(state)
        parameters, constants = (
            [each[slot : slot + 1] for each in tensors]
            for tensors in (self._means or self._parameters, self._constants)
        )
        return parameters, constants

    def _slot(self, state: RequestState) -> dict[str, Tensor]:
        """Return what belongs to a state's slot, but for what it wants, by name."""
        slot = self.states.index(state)
        kinds = {
            "parameters": self._parameters,
            "optimiser": self._state,
            "means": self._means,
            "constants": self._constants,
        }
        return {f"{kind}.{n}": each[slot] for kind, tensors in kinds.items() for n, each in enumerate(tensors)}

    def latent(self, state: RequestState) -> Tensor | None:
        """Return what the picture of a state is decoded from, ``[C, h, w]``, None where there is nothing like it."""
        slot = self.states.index(state)
        parameters = [each[slot : slot + 1] for each in self._means or self._parameters]
        latents = self.canvas.latents(parameters, [each[slot : slot + 1] for each in self._constants])
        return None if latents is None else latents[0]

    @property
    def _slots(self) -> tuple[Tensor, ...]:
        """What belongs to the slots from one step to the next."""
        return *self._parameters, *self._state, *self._means, *self._constants, *self._rows

    def _input(self, state: RequestState) -> Tensor:
        """Return what is new in this step of a state.

        It is its weights, coefficients, what is random about the objective, the pull, and how much the newest
        parameters count in their mean. It is drawn once, however often the step is tried.
        """
        return torch.cat([weights(state.request, state.step), self._drawn_input(state)])

    def _drawn_input(self, state: RequestState) -> Tensor:
        if state.input is not None:
            return state.input
        if state.drawn is None or state.step % STEPS_DRAWN == 0:
            self._draw(state)
        assert state.drawn is not None
        drawn, _ = state.drawn
        number = state.step - state.stage_start + 1
        rate = learning_rate(self.stage, number, state.stage_end - state.stage_start)
        number = steps_since(state.request, state.step, state.counted_from) + 1
        coefficients = self.optimiser.coefficients(self._parameters, rate, number, state.generator)
        newest = (1 - self.stage.ema) / (1 - self.stage.ema**number)
        drawn_now = drawn[state.step % STEPS_DRAWN].flatten()
        state.input = torch.cat([coefficients, drawn_now, torch.tensor([pull(state) * self.objective.scale, newest])])
        return state.input

    def _draw(self, state: RequestState) -> None:
        """Draw what is random about the objective in a state's next steps."""
        before = state.generator.get_state()
        state.drawn = self.objective.draw(STEPS_DRAWN, state.generator), before

    def _step(self, count: int) -> None:
        parameters, state, constants, rows = (
            tuple(each[:count] for each in tensors)
            for tensors in (self._parameters, self._state, self._constants, self._rows)
        )
        # An optimiser may return what it was given in another place, so what is written to is not what it reads.
        moved, remembered, pictures = step(
            self.canvas,
            self.objective,
            self.optimiser,
            tuple(each.clone() for each in parameters),
            tuple(each.clone() for each in state),
            constants,
            rows,
            self._weights[:count],
            self._coefficients[:count],
            self._drawn[:count],
            self._pull[:count, 0] if self._is_pulled else None,
            self.at_once,
        )
        means = self._mean(moved, count)
        if means:
            pictures = self.canvas.render(means, constants)
        if len(self._pictures) == 0:
            self._pictures = pictures.new_empty(self.slots, *pictures.shape[1:])
        own_means = (each[:count] for each in self._means)
        for own, new in zip((*parameters, *state, *own_means), (*moved, *remembered, *means), strict=True):
            own.copy_(new)
        self._pictures[:count].copy_(pictures)

    def _mean(self, parameters: Tensors, count: int) -> Tensors:
        """Return the means of parameters with the newest, corrected for their few first: nothing if none are kept."""
        means = (each[:count] for each in self._means)
        return tuple(
            torch.lerp(mean, new, *columns(self._newest[:count], new))
            for mean, new in zip(means, parameters, strict=False)
        )


def pull(state: RequestState) -> float:
    """Return how often the distance to the start is added to the loss of a state's next step.

    It is λ/2·(1 − i/n), with the request's init weight λ, after i of its n steps: the published loop's weight (Crowson
    et al. 2022, ``init_weight``), which here falls to nothing, so that the last steps can leave what hinders them.
    """
    request = state.request
    return request.init_weight / 2 * (1 - state.step / request.steps)
