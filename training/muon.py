"""The optimiser: Muon (Jordan 2024) for matrices and the kernels of convolutions, AdamW for all else.

A network of this size learns in half the steps, and a step takes hardly longer.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
SMALLEST = 16  # rows and columns under which a matrix is left to AdamW


class MuonAdamW:
    """Both optimisers as one.

    Args:
        matrices: weights whose update is orthogonalised; kernels ``[out, in, k, k]`` count as ``[out, in·k·k]``.
        others: weights that AdamW updates.
        matrix_rate: learning rate of the matrices, in units of a step's root mean square as AdamW's is.
        rate: learning rate of the others.
        decay: weight decay of both.
    """

    def __init__(
        self,
        matrices: Iterable[nn.Parameter],
        others: Iterable[nn.Parameter],
        matrix_rate: float,
        rate: float,
        decay: float,
    ) -> None:
        self._matrices = list(matrices)
        self._flat = [nn.Parameter(_flat(matrix.detach())) for matrix in self._matrices]
        self._others = list(others)
        self._muon = torch.optim.Muon(
            self._flat, lr=matrix_rate, weight_decay=decay, momentum=MOMENTUM, adjust_lr_fn="match_rms_adamw"
        )
        self._adam = torch.optim.AdamW(self._others, lr=rate, betas=(0.9, 0.98), weight_decay=decay)
        self._rates = (matrix_rate, rate)

    def step(self, share: float) -> None:
        """Update all weights at a share of the learning rates, and forget the gradients."""
        for optimizer, rate in zip((self._muon, self._adam), self._rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * share
        for flat, matrix in zip(self._flat, self._matrices, strict=True):
            flat.grad = None if matrix.grad is None else _flat(matrix.grad)
        self._muon.step()
        self._adam.step()
        for parameter in (*self._matrices, *self._others):
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Return all that a checkpoint needs."""
        return {"muon": self._muon.state_dict(), "adam": self._adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        self._muon.load_state_dict(state["muon"])
        self._adam.load_state_dict(state["adam"])


def split(network: nn.Module, but: Iterable[nn.Parameter] = ()) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Return a network's learning matrices and kernels, and its other weights, to which those of `but` belong."""
    apart = {id(parameter) for parameter in but}
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    chosen = {
        id(parameter)
        for parameter in learning
        if parameter.ndim in (2, 4) and id(parameter) not in apart and min(_flat(parameter).shape) >= SMALLEST
    }
    return (
        [parameter for parameter in learning if id(parameter) in chosen],
        [parameter for parameter in learning if id(parameter) not in chosen],
    )


def _flat(weights: Tensor) -> Tensor:
    """Return the weights as a matrix, a view of the same memory in either memory format."""
    if weights.ndim == 4 and not weights.is_contiguous():
        weights = weights.permute(0, 2, 3, 1)
    return weights.reshape(len(weights), -1)
