"""The states of one shape and stage, side by side in slots, and the step that they take together."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from generation.canvas import Canvas
from generation.engine.cuda_graph import Recording
from generation.engine.cutouts import DRAWN, Cutouts
from generation.engine.losses import SAME, contrast, spherical_distance, total_variation
from generation.engine.optimisers import DESCENTS, learning_rate
from generation.engine.state import RequestState
from generation.perceptor.clip import CLIPPerceptor
from generation.recipe import Stage

SLOTS = 8
"""Paintings that share a step, at most."""
STEPS_DRAWN = 16
"""Steps for which what is random is drawn in one go."""


@dataclass(frozen=True, slots=True)
class Judge:
    """What a picture is judged by.

    Args:
        perceptor: that judges.
        cutouts: what it is shown.
        distractors: unit vectors of the texts among which it has to pick the prompt, ``[K, D]``; K may be 0.
    """

    perceptor: CLIPPerceptor
    cutouts: Cutouts
    distractors: Tensor

    def judgement(self, pictures: Tensor, text: Tensor, swaps: Tensor, drawn: Tensor) -> Tensor:
        """Return how far pictures are from their prompts.

        ``[B, 3, H, W], [B, D], [B, S, D], [B, n, DRAWN] → [B]``.
        """
        views = self.cutouts(pictures, drawn)
        image = self.perceptor.encode_image(views.flatten(0, 1)).unflatten(0, views.shape[:2])
        return self._distance(image, text, swaps).mean(1)

    def glance(self, pictures: Tensor, text: Tensor, swaps: Tensor) -> Tensor:
        """Return how far pictures are from one prompt, each seen once and whole.

        ``[n, 3, H, W], [D], [S, D] → [n]``.
        """
        image = self.perceptor.encode_image(F.interpolate(pictures, size=self.perceptor.input_size, mode="area"))
        return self._distance(image[None], text[None], swaps[None])[0]

    def _distance(self, image: Tensor, text: Tensor, swaps: Tensor) -> Tensor:
        """``[B, n, D], [B, D], [B, S, D] → [B, n]``."""
        if len(self.distractors):
            return contrast(image, text, self.distractors) + contrast(image, text, swaps, SAME)
        return spherical_distance(image, text[:, None])


class Batch:
    """Slots of one shape and stage.

    Everything that a step reads or writes lies in tensors with a row for each slot, whose places never change, and the
    occupied slots come first: so a step can be recorded once and be replayed.

    Args:
        canvas: of the stage.
        judge: of the pictures.
        stage: of the recipe.
        first: state that is to join; all others are in its shape and stage.
        parameters: of that state, for their shapes.
    """

    def __init__(
        self, canvas: Canvas, judge: Judge, stage: Stage, first: RequestState, parameters: Sequence[Tensor]
    ) -> None:
        device = judge.distractors.device
        self.canvas = canvas
        self.judge = judge
        self.stage = stage
        self.turn = first.turn
        self.states: list[RequestState] = []
        self.seconds = 0.0
        """That its steps took, and with which it was credited when it began."""
        self._learns = [parameter.requires_grad for parameter in parameters]
        self._parameters = [torch.zeros(SLOTS, *parameter.shape, device=device) for parameter in parameters]
        self._descent = DESCENTS[stage.descent](self._learning)
        self._text, self._swaps = (torch.zeros(SLOTS, *each.shape, device=device) for each in (first.text, first.swaps))
        self._pictures = torch.empty(0)
        count = judge.cutouts.count
        idle = judge.cutouts.draw(SLOTS, Generator().manual_seed(0)).flatten(1)
        width = len(self._descent.coefficients(1.0, 1))
        self._inputs = torch.cat([torch.ones(SLOTS, width), idle], dim=1).to(device)
        self._coefficients, drawn = self._inputs.split([width, count * DRAWN], dim=1)
        self._drawn = drawn.unflatten(1, (count, DRAWN))
        self._recording = Recording(self._rows) if device.type == "cuda" else None

    @property
    def full(self) -> bool:
        """Whether every slot is taken."""
        return len(self.states) == SLOTS

    def join(self, state: RequestState, parameters: Sequence[Tensor]) -> None:
        """Put a state into a free slot."""
        slot = len(self.states)
        self.states.append(state)
        for row in self._rows:
            row[slot].zero_()
        for own, parameter in zip(self._parameters, parameters, strict=True):
            own[slot].copy_(parameter.detach())
        self._text[slot].copy_(state.text)
        self._swaps[slot].copy_(state.swaps)

    def leave(self, state: RequestState) -> None:
        """Free its slot; the last state moves there."""
        slot = self.states.index(state)
        last = self.states.pop()
        if last is not state:
            self.states[slot] = last
            for row in self._rows:
                row[slot].copy_(row[len(self.states)])

    def step(self) -> Tensor:
        """Take one step with each state and return their pictures before it, valid until the next step."""
        rows = len(self.states)
        inputs = torch.stack([self._input(state) for state in self.states])
        if self._inputs.is_cuda:
            inputs = inputs.pin_memory()
        self._inputs[:rows].copy_(inputs, non_blocking=True)
        if self._recording is None:
            self._step(rows)
        else:
            self._recording(self._step, rows)
        return self._pictures[:rows]

    def look(self, state: RequestState) -> Tensor:
        """Return the picture of a state as it is now, ``[3, H, W]``."""
        slot = self.states.index(state)
        with torch.no_grad():
            return self.canvas.paint([parameter[slot : slot + 1] for parameter in self._parameters])[0]

    @property
    def _learning(self) -> list[Tensor]:
        return [parameter for parameter, learns in zip(self._parameters, self._learns, strict=True) if learns]

    @property
    def _rows(self) -> list[Tensor]:
        """What belongs to the slots from one step to the next."""
        return [*self._parameters, *self._descent.state, self._text, self._swaps]

    def _input(self, state: RequestState) -> Tensor:
        """Return what is new in this step of a state: its coefficients and what is random about its cutouts."""
        drawn, since = state.drawn or (torch.empty(0), state.step)
        if state.step - since >= len(drawn):
            drawn, since = self.judge.cutouts.draw(STEPS_DRAWN, state.generator), state.step
            state.drawn = drawn, since
        step = state.step - state.stage_start + 1
        rate = learning_rate(self.stage, step, state.stage_end - state.stage_start)
        coefficients = torch.tensor(self._descent.coefficients(rate, step))
        return torch.cat([coefficients, drawn[state.step - since].flatten()])

    def _step(self, rows: int) -> None:
        parameters = [
            parameter[:rows].detach().requires_grad_(learns)
            for parameter, learns in zip(self._parameters, self._learns, strict=True)
        ]
        learning = [parameter for parameter in parameters if parameter.requires_grad]
        pictures = self.canvas.paint(parameters)
        judgement = self.judge.judgement(pictures, self._text[:rows], self._swaps[:rows], self._drawn[:rows])
        loss = judgement + self.stage.total_variation * total_variation(pictures)
        gradients = torch.autograd.grad(loss.sum(), learning)
        self._descent.update(self._learning, gradients, self._coefficients[:rows])
        if len(self._pictures) == 0:
            self._pictures = pictures.new_empty(SLOTS, *pictures.shape[1:])
        self._pictures[:rows].copy_(pictures.detach())
