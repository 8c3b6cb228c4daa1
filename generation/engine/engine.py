"""The painting loop, over many requests at once."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import lcm

import torch
from torch import Generator, Tensor

from generation.canvas import Canvas
from generation.engine.batch import Batch, Judge
from generation.engine.cutouts import Cutouts
from generation.engine.state import RequestState
from generation.engine.stopwatch import Stopwatch
from generation.errors import RequestError
from generation.perceptor.clip import CLIPPerceptor
from generation.pocket.negatives import SWAPPED, swaps
from generation.pocket.sketch import Sketcher, fit
from generation.recipe import Recipe
from generation.request import ImagineRequest, Shape, size_refusal


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a step took.

    Args:
        shape: of its pictures.
        pictures: that took part.
        seconds: that it took, with the sketches that were drawn before it.
    """

    shape: Shape
    pictures: int
    seconds: float


class StepError(Exception):
    """A step broke off; the cause is chained.

    Args:
        requests: that took part in it and have left the engine.
    """

    def __init__(self, requests: list[ImagineRequest]) -> None:
        super().__init__(f"A step of {len(requests)} requests broke off.")
        self.requests = requests


class Engine:
    """Paints many requests, each step all those of one shape and stage as one batch.

    Requests join and leave between steps. Each has its own seed, step count and optimiser state, and nothing that is
    drawn at random for it depends on its neighbours. What is computed for it does, by rounding, as it does on the
    number of threads, and in the course of the steps that grows to a difference that can be seen. So a request repeats
    its picture exactly only beside as many neighbours in each step, with as many threads, on the same device with the
    same libraries. Several batches get equal time, whatever their steps cost.

    Args:
        canvases: what is optimised, one for each stage of the recipe.
        perceptor: what judges.
        recipe: the numbers of the loop.
        device: where the models are.
        sketcher: what draws sketches, if the models can.
    """

    def __init__(
        self,
        canvases: Sequence[Canvas],
        perceptor: CLIPPerceptor,
        recipe: Recipe,
        device: torch.device,
        sketcher: Sketcher | None = None,
    ) -> None:
        self.canvases = canvases
        self.perceptor = perceptor
        self.recipe = recipe
        self.device = device
        self.sketcher = sketcher
        distractors = [perceptor.tokens(text) for text in recipe.distractors]
        self._judge = Judge(
            perceptor,
            Cutouts(recipe.cutouts, perceptor.input_size, device),
            self._encode(distractors or [perceptor.tokens("")])[: len(distractors)],
        )
        self.multiple = lcm(*(canvas.multiple for canvas in canvases))
        """Of which the sides of pictures have to be multiples, in pixels."""
        self._paintings: dict[str, RequestState] = {}
        self._batches: list[Batch] = []
        self._batch_of: dict[RequestState, Batch] = {}
        self._stopwatch = Stopwatch(device)
        self._timings: deque[Timing] = deque()
        self._sketching = 0.0
        """Seconds that went into sketches since the last step."""

    def __len__(self) -> int:
        """Return how many requests are in progress."""
        return len(self._paintings)

    def add_request(self, request: ImagineRequest) -> RequestState:
        """Start a request; it takes part in the following steps.

        Raises:
            RequestError: the models cannot paint this size, or draw no sketch though one is asked for.
        """
        if refusal := size_refusal(request.shape, self.multiple):
            raise RequestError(refusal)
        generator = Generator().manual_seed(request.seed)
        tokens, left_out = self.perceptor.tokenise(request.prompt)
        text = self._encode([tokens])[0]
        swapped = self._swaps(request.prompt.removesuffix(left_out), text)
        state = RequestState(request, text, swapped, generator, left_out)
        sketch = self._sketch(state, tokens)
        state.first_stage = self.recipe.first_stage(sketched=sketch is not None)
        self._enter_stage(state, state.first_stage, sketch)
        self._paintings[request.id] = state
        return state

    def abort_request(self, request_id: str) -> None:
        """Forget a request; one that is not in progress is ignored."""
        state = self._paintings.pop(request_id, None)
        if state is not None:
            self._leave_batch(state)

    def step(self) -> list[RequestState]:
        """Advance all requests of one shape and stage by one step and return them.

        A request that is done is returned this once more and has left.

        Raises:
            StepError: the step broke off, and its requests have left.
        """
        if not self._batches:
            return []
        batch = min(self._batches, key=lambda batch: batch.seconds)
        states = list(batch.states)
        try:
            self._advance(batch, states)
        except Exception as error:
            requests = [state.request for state in states]
            for request in requests:
                self.abort_request(request.id)
            raise StepError(requests) from error
        return states

    def timings(self) -> list[Timing]:
        """Return how long the steps took that are known by now and were not returned before."""
        timings = list(self._timings)
        self._timings.clear()
        return timings

    def _advance(self, batch: Batch, states: list[RequestState]) -> None:
        self._stopwatch.start()
        pictures = batch.step()
        for state, picture in zip(states, pictures, strict=True):
            state.step += 1
            state.picture = picture
            while state.stage < len(self.canvases) - 1 and state.step >= self._last_step(state):
                sketch = self._batch_of[state].look(state)
                self._leave_batch(state)
                self._enter_stage(state, state.stage + 1, sketch)
            if state.done:
                state.picture = self._batch_of[state].look(state)
                self.abort_request(state.request.id)
        self._stopwatch.stop(partial(self._note, batch, states[0].request.shape, len(states)))

    def _note(self, batch: Batch, shape: Shape, pictures: int, seconds: float) -> None:
        batch.seconds += seconds
        self._timings.append(Timing(shape, pictures, seconds + self._sketching))
        self._sketching = 0.0

    def _sketch(self, state: RequestState, tokens: Tensor) -> Tensor | None:
        """Return a sketch to begin from, the best of some by the perceptor's judgement, ``[3, height, width]``."""
        request = state.request
        if self.sketcher is None and request.init == "sketch":
            raise RequestError("The models in use draw no sketches; ask again without `--init sketch`.")
        if self.sketcher is None or request.init == "noise":
            return None
        start = time.perf_counter()
        candidates = self.sketcher.candidates(tokens, state.generator)
        with torch.no_grad():
            judgement = self._judge.glance(candidates, state.text, state.swaps)
        sketch = candidates[int(judgement.argmin())]
        self._sketching += time.perf_counter() - start
        return fit(sketch, request.width, request.height)

    def _swaps(self, prompt: str, text: Tensor) -> Tensor:
        """Return the unit vectors of a prompt's swaps, followed by its own, ``[S, D]``."""
        swapped = swaps(" ".join(prompt.split()), self.recipe.nouns)
        vectors = text.expand(SWAPPED * len(self.recipe.nouns), -1).clone()
        if swapped:
            vectors[: len(swapped)] = self._encode([self.perceptor.tokens(other) for other in swapped])
        return vectors

    @torch.no_grad()
    def _encode(self, tokens: list[Tensor]) -> Tensor:
        """Return the unit vectors of texts, ``[B, D]``."""
        return self.perceptor.encode_text(torch.cat(tokens).to(self.device))

    def _last_step(self, state: RequestState) -> int:
        return self.recipe.last_step(state.stage, state.request.steps, state.first_stage)

    def _enter_stage(self, state: RequestState, stage: int, picture: Tensor | None) -> None:
        """Let a state go on in a stage, from the picture as it is."""
        request = state.request
        state.stage = stage
        state.stage_start, state.stage_end = state.step, max(state.step + 1, self._last_step(state))
        canvas = self.canvases[stage]
        parameters = canvas.stretch(request.width, request.height, state.generator, picture)
        batch = next((batch for batch in self._batches if batch.turn == state.turn and not batch.full), None)
        if batch is None:
            batch = Batch(canvas, self._judge, self.recipe.stages[stage], state, parameters)
            batch.seconds = min((other.seconds for other in self._batches), default=0.0)
            self._batches.append(batch)
        batch.join(state, parameters)
        self._batch_of[state] = batch

    def _leave_batch(self, state: RequestState) -> None:
        batch = self._batch_of.pop(state)
        batch.leave(state)
        if not batch.states:
            self._batches.remove(batch)
