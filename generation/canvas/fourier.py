"""A picture's spectrum as a canvas (Olah et al. 2017, distill.pub/2017/feature-visualization, "preconditioning").

A step of an optimiser changes all frequencies of a picture about as far as they are strong in photographs, so large
forms come as fast as small ones, where pixels would first of all become grainy. Nothing is needed for it but somebody
who judges.
"""

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from generation.canvas import Init, total_variation
from generation.sizes import Shape

DECAY = 1.5
"""Power of a frequency by which its amplitude falls; photographs have about 1, and smoother pictures more."""
NOISE = 0.1
"""Standard deviation of what ``init: noise`` starts from, before it becomes colours: nearly an even grey."""
MOST_PIXELS = 1 << 20
"""That are painted; larger pictures are computed from the spectrum of so many, which bounds the memory."""
EDGE = 1 / 512
"""So near to black and to white a picture is taken to be at most, whose logits are infinite."""
STRENGTHS = (1.0, 0.5, 0.3)
"""How far brightness goes, red against blue, and green against both; in photographs most is brightness."""
OPPONENTS = ((1.0, 1.0, 1.0), (1.0, 0.0, -1.0), (-0.5, 1.0, -0.5))
"""Of the three as colours: about the principal components of those of photographs (Ohta et al. 1980, I1, I2, I3)."""


class FourierCanvas:
    """Paints by the spectrum of a picture, in colours that do not depend on each other.

    Args:
        start: ``noise``, nearly grey, or an even ``grey``.
        total_variation: weight of that loss.
        device: where the parameters are.
    """

    multiple = 2
    """A spectrum does not tell of itself whether a width is odd."""

    def __init__(self, start: str, total_variation: float, device: torch.device) -> None:
        self.start = start
        self.total_variation = total_variation
        self.device = device
        opponents, strengths = torch.tensor(OPPONENTS), torch.tensor(STRENGTHS)
        to_colours = (opponents / opponents.norm(dim=1, keepdim=True) * strengths[:, None]).T
        self._to_colours, self._from_colours = to_colours.to(device), torch.linalg.inv(to_colours).to(device)

    def painted_shape(self, shape: Shape) -> Shape:
        """Return the shape itself, or the one of its aspect that has as many pixels as are painted."""
        shrink = min(1.0, math.sqrt(MOST_PIXELS / (shape[0] * shape[1])))
        width, height = (max(1, round(side * shrink / self.multiple)) * self.multiple for side in shape)
        return width, height

    def init(self, width: int, height: int, generator: Generator, picture: Tensor | None) -> Init:
        """Return the spectrum that it starts from, ``[3, height, width / 2 + 1, 2]``, and what is added to it."""
        start = torch.zeros(3, height, width // 2 + 1, 2, device=self.device)
        if picture is not None:
            logits = torch.logit(picture.float().clamp(EDGE, 1 - EDGE))
            opponents = torch.einsum("ij,jhw->ihw", self._from_colours, logits)
            start = torch.view_as_real(torch.fft.rfft2(opponents, norm="ortho")) / self._amplitudes(width, height)
        elif self.start == "noise":
            start = NOISE * torch.randn(start.shape, generator=generator).to(self.device)
        return Init((start,), (torch.zeros_like(start),))

    def render(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        """Return what the start and what was added to it are as pictures."""
        spectrum = constants[0] + parameters[0]
        height, width = _size(spectrum)
        spectrum = torch.view_as_complex(spectrum * self._amplitudes(width, height))
        return self._pictures(torch.fft.irfft2(spectrum, s=(height, width), norm="ortho"))

    def enlarge(self, parameters: Sequence[Tensor], constants: Sequence[Tensor], shape: Shape) -> Tensor:
        """Return the pictures in a larger shape, as the sums of waves that they are."""
        spectrum = constants[0] + parameters[0]
        height, width = _size(spectrum)
        if shape == (width, height):
            return self.render(parameters, constants)
        spectrum = torch.view_as_complex(spectrum * self._amplitudes(width, height))
        whole = spectrum.new_zeros(*spectrum.shape[:2], shape[1], shape[0] // 2 + 1)
        half, columns = height // 2, width // 2  # the highest frequency of each side has no partner, and is left out
        whole[..., :half, :columns] = spectrum[..., :half, :columns]
        whole[..., 1 - half :, :columns] = spectrum[..., 1 - half :, :columns]
        scale = math.sqrt(shape[0] * shape[1] / (width * height))
        return self._pictures(scale * torch.fft.irfft2(whole, s=(shape[1], shape[0]), norm="ortho"))

    def latents(self, _: Sequence[Tensor], __: Sequence[Tensor]) -> None:
        """Return none: nothing is decoded."""

    def regulariser(self, _: Sequence[Tensor], __: Sequence[Tensor], pictures: Tensor) -> Tensor:
        """Return the weighted total variation."""
        return total_variation(pictures, self.total_variation)

    def distance_to_start(self, parameters: Sequence[Tensor]) -> Tensor:
        """Return the mean square of what was added to the start, in pixels before they become colours."""
        (added,) = parameters
        height, width = _size(added)
        added = torch.view_as_complex(added * self._amplitudes(width, height))
        change: Tensor = torch.fft.irfft2(added, s=(height, width), norm="ortho")
        return change.square().mean((1, 2, 3))

    def _amplitudes(self, width: int, height: int) -> Tensor:
        """Return by how much each number counts, ``[height, width / 2 + 1, 1]``.

        They are such that independent numbers of variance 1 make pixels of variance 1, whatever the size.
        """
        down = torch.fft.fftfreq(height, device=self.device)[:, None] * height
        across = torch.fft.rfftfreq(width, device=self.device)[None] * width
        amplitudes = torch.hypot(down / height, across / width).clamp(min=1 / max(width, height)) ** -DECAY
        # Waves that only go down are their own partners, all others stand for two, of which both numbers count.
        partners = torch.full((1, width // 2 + 1), 4.0, device=self.device)
        partners[:, 0] = partners[:, -1] = 1.0
        variance = (partners * amplitudes.square()).sum() / (width * height)
        return (amplitudes / variance.sqrt())[..., None]

    def _pictures(self, opponents: Tensor) -> Tensor:
        """Return colours in [0, 1] of brightness and opponent colours, ``[B, 3, H, W]``."""
        return torch.einsum("ij,bjhw->bihw", self._to_colours, opponents).sigmoid()


def _size(spectrum: Tensor) -> tuple[int, int]:
    """Return height and width of the picture that has a spectrum, ``[B, 3, height, width / 2 + 1, 2]``."""
    return spectrum.shape[2], 2 * (spectrum.shape[3] - 1)
