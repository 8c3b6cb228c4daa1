"""Pictures of a BigGAN's latents as they are drawn, without anybody who judges."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor

from generation.canvas import Init
from generation.canvas.biggan import BigGANCanvas
from generation.checkpoints.biggan import read_biggan
from generation.checkpoints.loader import fingerprint, freeze
from generation.metadata import Metadata
from generation.models.precision import Precision, choose_format
from generation.request import ImagineRequest
from generation.sizes import Shape
from generation.worker.latents import encode_latent, read_latent


class Sampler:
    """Draws pictures of classes, one by one.

    Args:
        biggan: ``pocket``, or the path of its JSON or its weights.
        device: to compute on.
        precision: in which number format.

    Raises:
        CheckpointError: a file is missing, damaged or of another kind.
    """

    def __init__(self, biggan: str, device: torch.device, precision: Precision = "auto") -> None:
        network = read_biggan(biggan, "models.")
        self.fingerprint = fingerprint(network)
        freeze(network, choose_format(precision, device), device)
        self.classes = tuple(names.split(",")[0] for names in network.classes)
        self.side = network.shape.side
        """Of its pictures, in pixels."""
        self._canvas = BigGANCanvas(network, None, 0.0, device)

    def named(self, request: ImagineRequest) -> ImagineRequest:
        """Return a request that names a class, one by its seed where it names none."""
        if request.classes:
            return request
        number = torch.randint(len(self.classes), (), generator=Generator().manual_seed(request.seed))
        return replace(request, classes=((self.classes[int(number)], 1.0),))

    def samples(self, requests: list[ImagineRequest]) -> Iterator[tuple[Image.Image, bytes]]:
        """Draw what requests' paintings would begin with, and yield each picture with the file of its latent.

        Raises:
            RequestError: one names a class that there is not.
        """
        for request in requests:
            generator = Generator().manual_seed(request.seed)
            init = self._canvas.begin(request, *self._canvas.painted_shape(request.shape), generator)
            yield self._shown(init, request.shape), self._latent(init, request)

    def of_latent(self, data: bytes, request: ImagineRequest) -> Image.Image:
        """Return the picture of a latent in a file.

        Raises:
            RequestError: it is of another model, or damaged.
        """
        latent = read_latent(data, self.fingerprint, request.shape)
        init = self._canvas.begin_at(latent, *self._canvas.painted_shape(request.shape))
        return self._shown(init, request.shape)

    def _latent(self, init: Init, request: ImagineRequest) -> bytes:
        parameters, constants = ([each[None] for each in tensors] for tensors in (init.parameters, init.constants))
        return encode_latent(self._canvas.latents(parameters, constants)[0], self.fingerprint, Metadata(request))

    @torch.no_grad()
    def _shown(self, init: Init, shape: Shape) -> Image.Image:
        parameters, constants = ([each[None] for each in tensors] for tensors in (init.parameters, init.constants))
        return _image(self._canvas.enlarge(parameters, constants, shape)[0])


def _image(picture: Tensor) -> Image.Image:
    pixels = picture.clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(np.ascontiguousarray(pixels))
