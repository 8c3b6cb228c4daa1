"""How much arithmetic a step is, and how much the device can do.

Counted are the matrix products and convolutions that the loop cannot do without: decoder and CLIP, forward and
backward to the latent. What an implementation does beside them, or leaves out by being clever, does not count, so
that a share of the ceiling is the share of useful work.
"""

from functools import lru_cache

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.networks import OFFICIAL_CHANNELS, OFFICIAL_DDCONFIG, VIT_B_32
from benchmarks.stopwatch import seconds
from generation.models.upstream import clip_model, taming_decoder

CEILING_SIZE = {"cuda": 8192, "cpu": 2048}
"""Side of the matrices whose product is timed."""
CEILING_ROUNDS = 20


@lru_cache
def step_flops(width: int, height: int, cutouts: int) -> int:
    """Return the floating point operations of a step of one picture with the official shapes."""
    factor = 2 ** (len(OFFICIAL_DDCONFIG["ch_mult"]) - 1)
    with torch.device("meta"):
        decoder = taming_decoder(**OFFICIAL_DDCONFIG).requires_grad_(False)
        clip = clip_model.CLIP(*VIT_B_32).visual.requires_grad_(False)
        z = torch.empty(1, OFFICIAL_CHANNELS, height // factor, width // factor, requires_grad=True)
        views = torch.empty(cutouts, 3, clip.input_resolution, clip.input_resolution, requires_grad=True)
    counter = FlopCounterMode(display=False)
    with counter:
        decoder(z).sum().backward()
        clip(views).sum().backward()
    return int(counter.get_total_flops())


def ceiling(device: torch.device) -> float:
    """Return the operations a second of the device's fastest bfloat16 matrix product out of several, measured."""
    side = CEILING_SIZE[device.type]
    a, b = (torch.randn(side, side, device=device).bfloat16() for _ in range(2))
    return 2 * side**3 / min(seconds(lambda: a @ b, device) for _ in range(CEILING_ROUNDS))
