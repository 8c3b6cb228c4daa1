"""Paintings in progress: what CLIP is shown as not being the drawings that they are meant to be.

A picture that the optimiser has painted from a caption scores high and does not look like a drawing. Trained to tell it
from the drawing of that caption, CLIP becomes an energy whose descent leads towards drawings: contrastive divergence
with chains that persist (Tieleman 2008), as for the image models of Du and Mordatch 2019 (arXiv 1903.08689). The chains
descend as `training.recipe` paints, so that what is corrected is what painting would do.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from generation.canvas.pixels import PixelCanvas
from generation.engine.optimisers.normalised import MOMENTUM, NormalisedMomentum
from generation.engine.step import step
from generation.models.precision import autocast
from generation.perceptor.clip import CLIPPerceptor
from generation.pocket.objective import contrast
from training.views import views

PYRAMID = (1.0, 0.6, 0.36, 0.22, 0.13)
LIFE = 80  # steps after which a painting is done and another begins
ENDING = 0.01
VIEWS = 2  # of a painting in each step
SMOOTHNESS = 1.5  # weight of the total variation; half the recipe's, since a sheet has half the pixels a side
FARTHER = MOMENTUM / (1 - MOMENTUM)  # times the mean of gradients that a direction of the optimiser's is


class Chains:
    """So many paintings, each of a drawing's caption, of any age.

    Args:
        count: of paintings.
        size: side of a sheet, the perceptor's input size.
        device: where they are.
        ending: chance that a painting is given up early, so that all ages occur.
    """

    def __init__(self, count: int, size: int, device: torch.device, ending: float = ENDING) -> None:
        self.canvas = PixelCanvas(size, "grey", PYRAMID, SMOOTHNESS, device)
        self.optimiser = NormalisedMomentum()
        init = self.canvas.init(size, size, torch.Generator(), None)
        self.constants = [constant[None] for constant in init.constants]
        self.grids = tuple(grid.repeat(count, 1, 1, 1) for grid in init.parameters)
        self.directions = self.optimiser.init(self.grids)
        self.ending = ending
        self.ages = np.full(count, LIFE)
        self.drawings = np.zeros(count, np.int64)
        """Which drawing each is meant to be."""
        self.ways = np.zeros(count, np.int64)
        """By which of its captions."""

    def state_dict(self) -> dict[str, Any]:
        """Return all that a checkpoint needs."""
        numbers = {name: torch.from_numpy(getattr(self, name)) for name in ("ages", "drawings", "ways")}
        return {"grids": list(self.grids), "speeds": [each / FARTHER for each in self.directions], **numbers}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        self.grids = tuple(state["grids"])
        self.directions = tuple(each * FARTHER for each in state["speeds"])
        for name in ("ages", "drawings", "ways"):
            setattr(self, name, state[name].cpu().numpy())

    def choose(self, count: int, drawings: int, captions: int, random: np.random.Generator) -> np.ndarray:
        """Choose some; those that are done begin anew, as other drawings."""
        chosen = random.choice(len(self.ages), count, replace=False)
        done = chosen[(self.ages[chosen] >= LIFE) | (random.random(count) < self.ending)]
        self.drawings[done] = random.integers(drawings, size=len(done))
        self.ways[done] = random.integers(captions, size=len(done))
        self.ages[done] = 0
        for tensor in (*self.grids, *self.directions):
            tensor[torch.from_numpy(done)] = 0
        return chosen

    def pictures(self, chosen: np.ndarray) -> Tensor:
        """Return paintings as they are, [n, 3, size, size] in [0, 1]."""
        index = torch.from_numpy(chosen)
        return self.canvas.render([grid[index] for grid in self.grids], self.constants)

    def advance(self, chosen: np.ndarray, text: Tensor, others: Tensor, perceptor: CLIPPerceptor) -> None:
        """Take one step of painting.

        Args:
            chosen: which.
            text: unit vectors of their captions, [n, D].
            others: of captions that they are told apart from, [K, D].
            perceptor: that judges, in evaluation mode.
        """
        index = torch.from_numpy(chosen)
        grids, directions = (tuple(each[index] for each in those) for those in (self.grids, self.directions))
        rates = np.array([0.1 + 0.9 * (1 + math.cos(math.pi * age / LIFE)) / 2 for age in self.ages[chosen]])
        coefficients = torch.from_numpy(rates / FARTHER).to(text)[:, None]
        grids, directions, _ = step(
            self.canvas,
            _Seen(perceptor, others),
            self.optimiser,
            grids,
            directions,
            self.constants,
            [text],
            text[:, :0],
            coefficients,
            text[:, :0],
        )
        for own, new in zip((*self.grids, *self.directions), (*grids, *directions), strict=True):
            own[index] = new
        self.ages[chosen] += 1


@dataclass(frozen=True, slots=True)
class _Seen:
    """How well random views of paintings are told apart by their captions.

    Args:
        perceptor: that judges.
        others: unit vectors of captions that they are told apart from, [K, D].
    """

    perceptor: CLIPPerceptor
    others: Tensor

    def loss(self, pictures: Tensor, rows: Sequence[Tensor], _: Tensor, __: Tensor, ___: int | None = None) -> Tensor:
        """Return the losses of paintings, [n, 3, size, size], whose captions' unit vectors are the rows: [n]."""
        (text,) = rows
        with autocast(pictures.device):
            seen = self.perceptor.encode_image(views(pictures.repeat(VIEWS, 1, 1, 1), pictures.shape[-1]))
        image = seen.unflatten(0, (VIEWS, len(pictures))).transpose(0, 1)
        return contrast(image, text, self.others).mean(1)
