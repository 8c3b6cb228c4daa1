"""The painting loop, over many requests at once."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import lcm

import torch
from torch import Generator, Tensor

from generation.batch import Batch, Judge
from generation.canvas import Canvas
from generation.cutouts import Cutouts
from generation.errors import RequestError
from generation.painting import Painting
from generation.perceptor.clip import CLIPPerceptor
from generation.recipe import Recipe
from generation.request import ImagineRequest, Shape, size_refusal
from generation.sketch import Sketcher, fit
from generation.stopwatch import Stopwatch
from generation.swaps import SWAPPED, swaps


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
        self._paintings: dict[str, Painting] = {}
        self._batches: list[Batch] = []
        self._batch_of: dict[Painting, Batch] = {}
        self._stopwatch = Stopwatch(device)
        self._timings: deque[Timing] = deque()
        self._sketching = 0.0
        """Seconds that went into sketches since the last step."""

    def __len__(self) -> int:
        """Return how many requests are in progress."""
        return len(self._paintings)

    def add_request(self, request: ImagineRequest) -> Painting:
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
        painting = Painting(request, text, swapped, generator, left_out)
        sketch = self._sketch(painting, tokens)
        painting.first_stage = self.recipe.first_stage(sketched=sketch is not None)
        self._enter_stage(painting, painting.first_stage, sketch)
        self._paintings[request.id] = painting
        return painting

    def abort_request(self, request_id: str) -> None:
        """Forget a request; one that is not in progress is ignored."""
        painting = self._paintings.pop(request_id, None)
        if painting is not None:
            self._leave_batch(painting)

    def step(self) -> list[Painting]:
        """Advance all requests of one shape and stage by one step and return them.

        A request that is done is returned this once more and has left.

        Raises:
            StepError: the step broke off, and its requests have left.
        """
        if not self._batches:
            return []
        batch = min(self._batches, key=lambda batch: batch.seconds)
        paintings = list(batch.paintings)
        try:
            self._advance(batch, paintings)
        except Exception as error:
            requests = [painting.request for painting in paintings]
            for request in requests:
                self.abort_request(request.id)
            raise StepError(requests) from error
        return paintings

    def timings(self) -> list[Timing]:
        """Return how long the steps took that are known by now and were not returned before."""
        timings = list(self._timings)
        self._timings.clear()
        return timings

    def _advance(self, batch: Batch, paintings: list[Painting]) -> None:
        self._stopwatch.start()
        pictures = batch.step()
        for painting, picture in zip(paintings, pictures, strict=True):
            painting.step += 1
            painting.picture = picture
            while painting.stage < len(self.canvases) - 1 and painting.step >= self._last_step(painting):
                sketch = self._batch_of[painting].look(painting)
                self._leave_batch(painting)
                self._enter_stage(painting, painting.stage + 1, sketch)
            if painting.done:
                painting.picture = self._batch_of[painting].look(painting)
                self.abort_request(painting.request.id)
        self._stopwatch.stop(partial(self._note, batch, paintings[0].request.shape, len(paintings)))

    def _note(self, batch: Batch, shape: Shape, pictures: int, seconds: float) -> None:
        batch.seconds += seconds
        self._timings.append(Timing(shape, pictures, seconds + self._sketching))
        self._sketching = 0.0

    def _sketch(self, painting: Painting, tokens: Tensor) -> Tensor | None:
        """Return a sketch to begin from, the best of some by the perceptor's judgement, ``[3, height, width]``."""
        request = painting.request
        if self.sketcher is None and request.init == "sketch":
            raise RequestError("The models in use draw no sketches; ask again without `--init sketch`.")
        if self.sketcher is None or request.init == "noise":
            return None
        start = time.perf_counter()
        candidates = self.sketcher.candidates(tokens, painting.generator)
        with torch.no_grad():
            judgement = self._judge.glance(candidates, painting.text, painting.swaps)
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

    def _last_step(self, painting: Painting) -> int:
        return self.recipe.last_step(painting.stage, painting.request.steps, painting.first_stage)

    def _enter_stage(self, painting: Painting, stage: int, picture: Tensor | None) -> None:
        """Let a painting go on in a stage, from the picture as it is."""
        request = painting.request
        painting.stage = stage
        painting.stage_start, painting.stage_end = painting.step, max(painting.step + 1, self._last_step(painting))
        canvas = self.canvases[stage]
        parameters = canvas.stretch(request.width, request.height, painting.generator, picture)
        batch = next((batch for batch in self._batches if batch.turn == painting.turn and not batch.full), None)
        if batch is None:
            batch = Batch(canvas, self._judge, self.recipe.stages[stage], painting, parameters)
            batch.seconds = min((other.seconds for other in self._batches), default=0.0)
            self._batches.append(batch)
        batch.join(painting, parameters)
        self._batch_of[painting] = batch

    def _leave_batch(self, painting: Painting) -> None:
        batch = self._batch_of.pop(painting)
        batch.leave(painting)
        if not batch.paintings:
            self._batches.remove(batch)
