"""How a stage of a painting descends."""

import math

import torch
from torch import Tensor
from torch.optim import SGD, Adam, Optimizer

from generation.recipe import Stage

MOMENTUM = 0.8
"""Of the normalised descent: share of the old direction in the new one."""


class Descent:
    """An optimiser of one painting with its falling learning rate.

    Args:
        stage: says how.
        parameters: that are optimised.
        steps: of the stage.
    """

    def __init__(self, stage: Stage, parameters: list[Tensor], steps: int) -> None:
        self.stage = stage
        self.parameters = parameters
        self.steps = steps
        self.done = 0
        self.optimizer: Optimizer = (
            Adam(parameters, lr=stage.learning_rate)
            if stage.descent == "adam"
            else SGD(parameters, lr=stage.learning_rate, momentum=MOMENTUM, dampening=1 - MOMENTUM)
        )

    def step(self) -> None:
        """Move the parameters along their gradients, and forget those."""
        if self.stage.descent == "normalised":
            self._normalise()
        for group in self.optimizer.param_groups:
            group["lr"] = self.stage.learning_rate * self._decay()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.done += 1

    def _normalise(self) -> None:
        """Bring all gradients together to length 1: how far to go is the learning rate's matter alone."""
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        length = torch.stack([gradient.norm() for gradient in gradients]).norm().clamp(min=1e-12)
        for gradient in gradients:
            gradient.div_(length)

    def _decay(self) -> float:
        floor = self.stage.final_learning_rate
        return floor + (1 - floor) * (1 + math.cos(math.pi * self.done / self.steps)) / 2
