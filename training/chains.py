"""Paintings in progress: what CLIP is shown as not being the drawings that they are meant to be.

A picture that the optimiser has painted from a caption scores high and does not look like a drawing. Trained to tell it
from the drawing of that caption, CLIP becomes an energy whose descent leads towards drawings: contrastive divergence
with chains that persist (Tieleman 2008), as for the image models of Du and Mordatch 2019 (arXiv 1903.08689). The chains
descend as `training.recipe` paints, so that what is corrected is what painting would do.
"""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from generation.canvas.pyramid import sum_grids
from generation.engine.losses import contrast, total_variation
from generation.engine.optimisers import MOMENTUM
from generation.models.gradients import clamp_with_gradient
from generation.models.precision import autocast
from generation.perceptor.clip import CLIPPerceptor
from training.views import views

PYRAMID = (1.0, 0.6, 0.36, 0.22, 0.13)
LIFE = 80  # steps after which a painting is done and another begins
ENDING = 0.01  # chance that a painting is given up early, so that all ages occur
VIEWS = 2  # of a painting in each step
SMOOTHNESS = 1.5  # weight of the total variation; half the recipe's, since a sheet has half the pixels a side


class Chains:
    """So many paintings, each of a drawing's caption, of any age.

    Args:
        count: of paintings.
        size: side of a sheet, the perceptor's input size.
        device: where they are.
    """

    def __init__(self, count: int, size: int, device: torch.device) -> None:
        self.grids = [
            torch.zeros(count, 3, size >> level, size >> level, device=device) for level in range(len(PYRAMID))
        ]
        self.speeds = [torch.zeros_like(grid) for grid in self.grids]
        self.ages = np.full(count, LIFE)
        self.drawings = np.zeros(count, np.int64)
        """Which drawing each is meant to be."""
        self.ways = np.zeros(count, np.int64)
        """By which of its captions."""

    def state_dict(self) -> dict[str, Any]:
        """Return all that a checkpoint needs."""
        numbers = {name: torch.from_numpy(getattr(self, name)) for name in ("ages", "drawings", "ways")}
        return {"grids": self.grids, "speeds": self.speeds, **numbers}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        self.grids, self.speeds = state["grids"], state["speeds"]
        for name in ("ages", "drawings", "ways"):
            setattr(self, name, state[name].cpu().numpy())

    def choose(self, count: int, drawings: int, captions: int, random: np.random.Generator) -> np.ndarray:
        """Choose some; those that are done begin anew, as other drawings."""
        chosen = random.choice(len(self.ages), count, replace=False)
        done = chosen[(self.ages[chosen] >= LIFE) | (random.random(count) < ENDING)]
        self.drawings[done] = random.integers(drawings, size=len(done))
        self.ways[done] = random.integers(captions, size=len(done))
        self.ages[done] = 0
        for tensor in (*self.grids, *self.speeds):
            tensor[torch.from_numpy(done)] = 0
        return chosen

    def pictures(self, chosen: np.ndarray) -> Tensor:
        """Return paintings as they are, [n, 3, size, size] in [0, 1]."""
        grids = [grid[torch.from_numpy(chosen)] for grid in self.grids]
        return sum_grids(torch.full_like(grids[0], 0.5), grids, PYRAMID).clamp(0, 1)

    def advance(self, chosen: np.ndarray, text: Tensor, others: Tensor, perceptor: CLIPPerceptor) -> None:
        """Take one step of painting.

        Args:
            chosen: which.
            text: unit vectors of their captions, [n, D].
            others: of captions that they are told apart from, [K, D].
            perceptor: that judges, in evaluation mode.
        """
        index = torch.from_numpy(chosen)
        grids = [grid[index].requires_grad_() for grid in self.grids]
        total = sum_grids(torch.full_like(grids[0], 0.5), grids, PYRAMID)
        sheet = clamp_with_gradient(total, total.new_zeros(()), total.new_ones(()))
        with autocast(sheet.device):
            seen = perceptor.encode_image(views(sheet.repeat(VIEWS, 1, 1, 1), sheet.shape[-1]))
        judged = contrast(seen.unflatten(0, (VIEWS, len(chosen))).transpose(0, 1), text, others)
        loss = judged.mean(1).sum() + SMOOTHNESS * total_variation(sheet).sum()
        gradients = torch.autograd.grad(loss, grids)
        length = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients]).norm(dim=0).clamp(min=1e-12)
        rate = np.array([0.1 + 0.9 * (1 + math.cos(math.pi * age / LIFE)) / 2 for age in self.ages[chosen]])
        pace = torch.from_numpy(rate).to(total).view(-1, 1, 1, 1)
        for grid, speed, gradient in zip(self.grids, self.speeds, gradients, strict=True):
            moved = MOMENTUM * speed[index] + (1 - MOMENTUM) * gradient / length.view(-1, 1, 1, 1)
            speed[index] = moved
            grid[index] -= pace * moved
        self.ages[chosen] += 1
