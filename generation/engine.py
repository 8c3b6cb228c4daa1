"""The painting loop, over many requests at once."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor
from torch.optim import Adam

from generation.canvas import Canvas
from generation.cutouts import Cutouts
from generation.losses import spherical_distance, total_variation
from generation.perceptor.clip import CLIPPerceptor
from generation.recipe import Recipe
from generation.request import ImagineRequest


@dataclass(slots=True)
class Painting:
    """A request in progress.

    Args:
        request: what is painted.
        text: unit vector of the prompt, ``[D]``.
        parameters: of the canvas; those that require a gradient are optimised.
        optimizer: Adam over them.
        generator: source of all that is random in this painting.
        left_out: tail of the prompt for which the perceptor had no room.
        step: steps done.
        picture: as it is now, ``[3, height, width]`` in [0, 1]; after the last step the finished one.
    """

    request: ImagineRequest
    text: Tensor
    parameters: list[Tensor]
    optimizer: Adam
    generator: Generator
    left_out: str
    step: int = 0
    picture: Tensor = field(default_factory=lambda: torch.empty(0))

    @property
    def done(self) -> bool:
        """Whether the last step is behind."""
        return self.step == self.request.steps


class StepError(Exception):
    """A step broke off; the cause is chained.

    Args:
        requests: that took part in it and have left the engine.
    """

    def __init__(self, requests: list[ImagineRequest]) -> None:
        super().__init__(f"A step of {len(requests)} requests broke off.")
        self.requests = requests


class Engine:
    """Paints many requests, each step all those of one shape as one batch.

    Requests join and leave between steps. Each has its own seed, step count and optimiser state, and nothing that
    it draws or computes depends on its neighbours, beyond the rounding of batched arithmetic.

    Args:
        canvas: what is optimised.
        perceptor: what judges.
        recipe: the numbers of the loop.
        device: where the models are.
    """

    def __init__(self, canvas: Canvas, perceptor: CLIPPerceptor, recipe: Recipe, device: torch.device) -> None:
        self.canvas = canvas
        self.perceptor = perceptor
        self.recipe = recipe
        self.device = device
        self.cutouts = Cutouts(recipe.cutouts, perceptor.input_size)
        self._paintings: dict[str, Painting] = {}
        self._turns: Iterator[tuple[int, int]] = iter(())

    def __len__(self) -> int:
        """Return how many requests are in progress."""
        return len(self._paintings)

    def add_request(self, request: ImagineRequest) -> Painting:
        """Start a request; it takes part in the following steps."""
        generator = Generator().manual_seed(request.seed)
        parameters = self.canvas.stretch(request.width, request.height, generator)
        tokens, left_out = self.perceptor.tokenise(request.prompt)
        with torch.no_grad():
            text = self.perceptor.encode_text(tokens.to(self.device))[0]
        optimizer = Adam([p for p in parameters if p.requires_grad], lr=self.recipe.learning_rate)
        painting = Painting(request, text, parameters, optimizer, generator, left_out)
        self._paintings[request.id] = painting
        return painting

    def abort_request(self, request_id: str) -> None:
        """Forget a request; one that is not in progress is ignored."""
        self._paintings.pop(request_id, None)

    def step(self) -> list[Painting]:
        """Advance all requests of one shape by one step and return them; shapes take turns.

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

    def _advance(self, batch: list[Painting]) -> None:
        pictures = self._descend(batch)
        for painting, picture in zip(batch, pictures, strict=True):
            painting.step += 1
            painting.picture = picture
            if painting.done:
                painting.picture = self._finish(painting)
                self.abort_request(painting.request.id)

    def _next_batch(self) -> list[Painting]:
        shapes = {painting.request.shape for painting in self._paintings.values()}
        shape = next((turn for turn in self._turns if turn in shapes), None)
        if shape is None:
            self._turns = iter(sorted(shapes))
            shape = next(self._turns, None)
        return [painting for painting in self._paintings.values() if painting.request.shape == shape]

    def _descend(self, batch: list[Painting]) -> Tensor:
        """Take one step of Adam for each painting and return the pictures before it, ``[B, 3, H, W]``."""
        parameters = [torch.stack(grids) for grids in zip(*(p.parameters for p in batch), strict=True)]
        pictures = self.canvas.paint(parameters)
        views = self.cutouts(pictures, [painting.generator for painting in batch])
        image = self.perceptor.encode_image(views.flatten(0, 1)).unflatten(0, views.shape[:2])
        text = torch.stack([painting.text for painting in batch])
        loss = spherical_distance(image, text[:, None]).mean(1)
        if self.recipe.total_variation:
            loss = loss + self.recipe.total_variation * total_variation(pictures)
        loss.sum().backward()
        for painting in batch:
            self._schedule(painting)
            painting.optimizer.step()
            painting.optimizer.zero_grad()
        return pictures.detach()

    def _schedule(self, painting: Painting) -> None:
        progress = painting.step / painting.request.steps
        floor = self.recipe.final_learning_rate
        decay = floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2
        for group in painting.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * decay

    @torch.no_grad()
    def _finish(self, painting: Painting) -> Tensor:
        return self.canvas.paint([parameter[None] for parameter in painting.parameters])[0]
