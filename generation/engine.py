"""The painting loop, over many requests at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from generation.canvas import Canvas
from generation.cutouts import Cutouts
from generation.descent import Descent
from generation.losses import contrast, spherical_distance, total_variation
from generation.perceptor.clip import CLIPPerceptor
from generation.recipe import Recipe
from generation.request import ImagineRequest

Turn = tuple[tuple[int, int], int]
"""What requests must share to share a batch: shape and stage."""


@dataclass(slots=True)
class Painting:
    """A request in progress.

    Args:
        request: what is painted.
        text: unit vector of the prompt, ``[D]``.
        generator: source of all that is random in this painting.
        left_out: tail of the prompt for which the perceptor had no room.
        stage: number of the recipe's stage that it is in.
        parameters: of that stage's canvas.
        descent: of those that are optimised.
        step: steps done.
        picture: as it is now, ``[3, height, width]`` in [0, 1], None before the first step.
    """

    request: ImagineRequest
    text: Tensor
    generator: Generator
    left_out: str
    stage: int
    parameters: list[Tensor]
    descent: Descent
    step: int = 0
    picture: Tensor | None = None

    @property
    def done(self) -> bool:
        """Whether the last step is behind."""
        return self.step == self.request.steps

    @property
    def turn(self) -> Turn:
        """With whom it can share a batch."""
        return self.request.shape, self.stage


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

    Requests join and leave between steps. Each has its own seed, step count and optimiser state, and nothing that
    it draws or computes depends on its neighbours, beyond the rounding of batched arithmetic.

    Args:
        canvases: what is optimised, one for each stage of the recipe.
        perceptor: what judges.
        recipe: the numbers of the loop.
        device: where the models are.
    """

    def __init__(
        self, canvases: Sequence[Canvas], perceptor: CLIPPerceptor, recipe: Recipe, device: torch.device
    ) -> None:
        self.canvases = canvases
        self.perceptor = perceptor
        self.recipe = recipe
        self.device = device
        self.cutouts = Cutouts(recipe.cutouts, perceptor.input_size)
        self.distractors = self._encode([perceptor.tokenise(text)[0] for text in recipe.distractors])
        self._paintings: dict[str, Painting] = {}
        self._turns: Iterator[Turn] = iter(())

    def __len__(self) -> int:
        """Return how many requests are in progress."""
        return len(self._paintings)

    def add_request(self, request: ImagineRequest) -> Painting:
        """Start a request; it takes part in the following steps."""
        generator = Generator().manual_seed(request.seed)
        tokens, left_out = self.perceptor.tokenise(request.prompt)
        text = self._encode([tokens])[0]
        parameters, descent = self._set_up(0, request, generator, None)
        painting = Painting(request, text, generator, left_out, 0, parameters, descent)
        self._paintings[request.id] = painting
        return painting

    def abort_request(self, request_id: str) -> None:
        """Forget a request; one that is not in progress is ignored."""
        self._paintings.pop(request_id, None)

    def step(self) -> list[Painting]:
        """Advance all requests of one shape and stage by one step and return them; shapes and stages take turns.

        A request that is done is returned this once more and leaves.

        Raises:
            StepError: the step broke off, and its requests have left.
        """
        batch = self._next_batch()
        if not batch:
            return []
        try:
            self._advance(batch)
        except Exception as error:
            requests = [painting.request for painting in batch]
            for request in requests:
                self.abort_request(request.id)
            raise StepError(requests) from error
        return batch

    def _next_batch(self) -> list[Painting]:
        turns = {painting.turn for painting in self._paintings.values()}
        turn = next((turn for turn in self._turns if turn in turns), None)
        if turn is None:
            self._turns = iter(sorted(turns))
            turn = next(self._turns, None)
        return [painting for painting in self._paintings.values() if painting.turn == turn]

    def _advance(self, batch: list[Painting]) -> None:
        for painting, picture in zip(batch, self._descend(batch), strict=True):
            painting.step += 1
            painting.picture = picture
            while painting.stage < len(self.canvases) - 1 and painting.step >= self._last_step(painting):
                self._change_canvas(painting)
            if painting.done:
                painting.picture = self._look(painting)
                self.abort_request(painting.request.id)

    def _descend(self, batch: list[Painting]) -> Tensor:
        """Take one step for each painting and return the pictures before it, ``[B, 3, H, W]``."""
        parameters = [torch.stack(parts) for parts in zip(*(p.parameters for p in batch), strict=True)]
        pictures = self.canvases[batch[0].stage].paint(parameters)
        views = self.cutouts(pictures, [painting.generator for painting in batch])
        image = self.perceptor.encode_image(views.flatten(0, 1)).unflatten(0, views.shape[:2])
        text = torch.stack([painting.text for painting in batch])
        judgement = (
            contrast(image, text, self.distractors)
            if self.recipe.distractors
            else spherical_distance(image, text[:, None])
        )
        loss = judgement.mean(1) + self.recipe.total_variation * total_variation(pictures)
        loss.sum().backward()
        for painting in batch:
            painting.descent.step()
        return pictures.detach()

    @torch.no_grad()
    def _encode(self, tokens: list[Tensor]) -> Tensor:
        """Return the unit vectors of texts, ``[B, D]``."""
        return self.perceptor.encode_text(torch.cat(tokens).to(self.device)) if tokens else torch.empty(0)

    def _last_step(self, painting: Painting) -> int:
        return self.recipe.last_step(painting.stage, painting.request.steps)

    def _change_canvas(self, painting: Painting) -> None:
        """Go on with the next stage from the picture as it is."""
        picture = self._look(painting)
        painting.stage += 1
        painting.parameters, painting.descent = self._set_up(
            painting.stage, painting.request, painting.generator, picture
        )

    def _set_up(
        self, stage: int, request: ImagineRequest, generator: Generator, picture: Tensor | None
    ) -> tuple[list[Tensor], Descent]:
        parameters = self.canvases[stage].stretch(request.width, request.height, generator, picture)
        before = self.recipe.last_step(stage - 1, request.steps) if stage else 0
        steps = max(1, self.recipe.last_step(stage, request.steps) - before)
        learning = [parameter for parameter in parameters if parameter.requires_grad]
        return parameters, Descent(self.recipe.stages[stage], learning, steps)

    @torch.no_grad()
    def _look(self, painting: Painting) -> Tensor:
        return self.canvases[painting.stage].paint([parameter[None] for parameter in painting.parameters])[0]
