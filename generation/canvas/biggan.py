"""BigGAN's latents as a canvas, as in big-sleep: one for each layer, and how much of each class there is in it."""

from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor

from generation.canvas import Init, resized, total_variation
from generation.canvas.slerp import slerp
from generation.errors import RequestError
from generation.latents import DAMAGED
from generation.models.biggan import BigGAN
from generation.options import LEAST_TRUNCATION
from generation.refusals import class_numbers, class_refusal
from generation.request import ImagineRequest
from generation.sizes import Shape

CLASS_SUM, CLASS_MOST, CLASS_DEVIATION = 20.0, 0.2, 0.3
"""How much there is of all classes together where none is named, and of one at most; and how far their logits differ.

For a thousand classes these are big-sleep's logits, of mean -3.9.
"""
LEAST, MOST = 1e-5, 0.99
"""There is of a class that is not named, and at most of one that is."""
CLASS_TEMPERATURE = 2.0
"""By which logits are divided before the greatest are taken, big-sleep's."""
LATENT_WEIGHT = 0.01
"""Of big-sleep's regularisers, beside an objective that is about a hundredth of big-sleep's."""
MOMENT_WEIGHT = 4.0
"""Of the mean square beyond 1 among them."""
REST_WEIGHT = 50.0
"""By which all classes but the greatest are multiplied before they are squared."""
BEYOND = 2.0
"""No number of a latent is drawn that is further from 0."""


class BigGANCanvas:
    """Paints by the latents of a BigGAN.

    The picture is square and of one side, of which as much is painted as has the shape asked for.

    Args:
        biggan: the network, frozen.
        most_classes: of which there is anything in the picture; None for all.
        total_variation: weight of that loss.
        device: where the parameters are.
        scale: of the objective, beside which its own losses are weighted; see ``generation.engine.objective``.
    """

    multiple = 1

    def __init__(
        self,
        biggan: BigGAN,
        most_classes: int | None,
        total_variation: float,
        device: torch.device,
        scale: float = 1.0,
    ) -> None:
        self.biggan = biggan
        self.most_classes = None if most_classes is None else min(most_classes, biggan.shape.num_classes)
        self.total_variation = total_variation
        self.device = device
        self.weight = LATENT_WEIGHT * scale
        """Of its own losses."""

    def painted_shape(self, shape: Shape) -> Shape:
        """Return the largest shape of about this aspect in the square."""
        side = self.biggan.shape.side
        width, height = (max(1, round(each * side / max(shape))) for each in shape)
        return width, height

    def init(self, width: int, height: int, generator: Generator, _: Tensor | None = None) -> Init:
        """Return what a painting begins with for which no class is named."""
        return self._begun(*self._drawn(generator, {}, 1.0), torch.ones(1), (width, height))

    def begin(self, request: ImagineRequest, width: int, height: int, generator: Generator) -> Init:
        """Return what a request's painting begins with.

        Raises:
            RequestError: it names a class that there is not.
        """
        classes = {number_of(name, self.biggan.classes): share for name, share in request.classes}
        z, logits = self._drawn(generator, classes, request.truncation)
        return self._begun(z, logits, torch.tensor([request.truncation]), (width, height))

    def begin_at(self, latent: Tensor, width: int, height: int) -> Init:
        """Return what a painting begins with that starts exactly from a latent, ``[1, latents, z_dim + classes + 1]``.

        Raises:
            RequestError: it is none of this network's.
        """
        shape = self.biggan.shape
        if latent.shape != (1, shape.latents, shape.z_dim + shape.num_classes + 1):
            raise RequestError(DAMAGED)
        z, logits, truncation = latent[0].to(self.device).split([shape.z_dim, shape.num_classes, 1], 1)
        return self._begun(z, logits, truncation[0].clamp(LEAST_TRUNCATION, 1), (width, height))

    def render(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        """Return the middle of the network's pictures, of its mix of classes in each layer."""
        _, _, truncation, window = constants
        z, logits = _latents(parameters, constants)
        pictures = self.biggan(z, self.classes(logits), self.biggan.shape.statistics(truncation[:, 0]))
        height, width = window.shape[1:3]
        top, left = (self.biggan.shape.side - height) // 2, (self.biggan.shape.side - width) // 2
        shown: Tensor = pictures[..., top : top + height, left : left + width].add(1).div(2)
        return shown

    def enlarge(self, parameters: Sequence[Tensor], constants: Sequence[Tensor], shape: Shape) -> Tensor:
        """Return the pictures in a shape, resized: the network has them in one size only."""
        return torch.stack([resized(picture, shape) for picture in self.render(parameters, constants)])

    def classes(self, logits: Tensor) -> Tensor:
        """Return how much there is of each class, ``[B, latents, classes]``: 0 of all but the greatest, if so many."""
        if self.most_classes is None:
            return logits.sigmoid()
        left, kept = logits / CLASS_TEMPERATURE, torch.zeros_like(logits)
        for _ in range(self.most_classes):
            share, number = left.softmax(-1).max(-1, keepdim=True)
            kept = kept.scatter(-1, number, share)
            left = left.scatter(-1, number, float("-inf"))
        return kept

    def latents(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        """Return latents, the logits of classes and the truncation, ``[B, 1, latents, z_dim + classes + 1]``."""
        z, logits = _latents(parameters, constants)
        return torch.cat([z, logits, constants[2][:, None].expand(-1, z.shape[1], -1)], 2)[:, None]

    def waypoint(self, latent: Tensor) -> Tensor:
        """Return a latent as it is; raises ``RequestError`` where it is none of this network's."""
        self.begin_at(latent, 1, 1)
        return latent

    def between(self, first: Tensor, second: Tensor, share: float) -> Tensor:
        """Return what is between in each layer: latents and classes turn, each by themselves (Twomey's notebooks)."""
        sizes = [self.biggan.shape.z_dim, self.biggan.shape.num_classes, 1]
        parts = zip(first.split(sizes, -1), second.split(sizes, -1), strict=True)
        return torch.cat([slerp(a.movedim(-1, 0), b.movedim(-1, 0), share).movedim(0, -1) for a, b in parts], -1)

    @torch.no_grad()
    def decode(self, waypoints: Tensor, shape: Shape) -> Tensor:
        """Return the pictures of waypoints, ``[B, 1, latents, z_dim + classes + 1]``."""
        inits = [self.begin_at(each, *shape) for each in waypoints]
        parameters, constants = (
            [torch.stack(each) for each in zip(*tensors, strict=True)]
            for tensors in ([init.parameters for init in inits], [init.constants for init in inits])
        )
        return self.render(parameters, constants).clamp(0, 1)

    def loss(self, z: Tensor, classes: Tensor) -> Tensor:
        """Return big-sleep's own loss, ``[B]``: how far latents are from normal ones, and the rest of the classes.

        Args:
            z: ``[B, latents, z_dim]``.
            classes: how much there is of each, ``[B, latents, classes]``.
        """
        mean, deviation = z.mean(2), z.std(2)
        scores = (z - mean[..., None]) / z.std(2, correction=0, keepdim=True)
        skew, kurtosis = scores.pow(3).mean(2), scores.pow(4).mean(2) - 3
        square = z.square().mean((1, 2)).clamp(min=1.0)
        normal = ((1 - deviation).abs() + mean.abs() + skew.abs() + kurtosis.abs()).mean(1) + MOMENT_WEIGHT * square
        rest = classes.topk(classes.shape[2] - 1, 2, largest=False)[0] if classes.shape[2] > 1 else classes
        return normal + (REST_WEIGHT * rest).square().mean((1, 2))

    def regulariser(self, parameters: Sequence[Tensor], constants: Sequence[Tensor], pictures: Tensor) -> Tensor:
        """Return the weighted total variation and big-sleep's losses."""
        z, logits = _latents(parameters, constants)
        own = self.weight * self.loss(z, self.classes(logits))
        return total_variation(pictures, self.total_variation) + own

    def distance_to_start(self, parameters: Sequence[Tensor]) -> Tensor:
        """Return the mean square of what was added to the latents."""
        return parameters[0].square().mean((1, 2))

    def _drawn(self, generator: Generator, classes: Mapping[int, float], truncation: float) -> tuple[Tensor, Tensor]:
        """Return latents, ``[latents, z_dim]``, and logits of classes, ``[latents, classes]``.

        Where classes are named it is one latent, which goes into all layers, as the network learnt it.
        """
        shape = self.biggan.shape
        z = truncation * truncated(1 if classes else shape.latents, shape.z_dim, generator)
        if not classes:
            noise = torch.randn(shape.latents, shape.num_classes, generator=generator)
            share = torch.tensor(min(CLASS_MOST, CLASS_SUM / shape.num_classes))
            return z, share.logit() + CLASS_DEVIATION * noise
        named = torch.full((shape.num_classes,), LEAST)
        for number, of_it in classes.items():
            named[number] = min(MOST, of_it)
        return z.expand(shape.latents, -1), named.logit().expand(shape.latents, -1)

    def _begun(self, z: Tensor, logits: Tensor, truncation: Tensor, shape: Shape) -> Init:
        z, logits, truncation = (each.to(self.device).contiguous() for each in (z, logits, truncation))
        window = torch.empty(shape[1], shape[0], 0, device=self.device)  # its shape is what it says
        return Init((z, logits, truncation, window), (torch.zeros_like(z), torch.zeros_like(logits)))


def _latents(parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Return latents and logits: what the painting began with and what was added."""
    return constants[0] + parameters[0], constants[1] + parameters[1]


def truncated(count: int, size: int, generator: Generator) -> Tensor:
    """Return normal numbers of which none is beyond :data:`BEYOND`, ``[count, size]``, by their quantiles."""
    low, high = torch.special.ndtr(torch.tensor([-BEYOND, BEYOND], dtype=torch.float64))
    shares = low + (high - low) * torch.rand(count, size, generator=generator, dtype=torch.float64)
    z: Tensor = torch.special.ndtri(shares).float()
    return z


def number_of(name: str, classes: Sequence[str]) -> int:
    """Return the number of a class by one of its names.

    Raises:
        RequestError: there is none of that name; the sentence has the nearest.
    """
    known = tuple(classes)
    if refused := class_refusal([name], known):
        raise RequestError(refused)
    return class_numbers(known)[" ".join(name.casefold().split())]
