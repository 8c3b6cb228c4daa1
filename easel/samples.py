"""Samples of a BigGAN into files."""

import io
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bot.classes import told_classes
from config.settings import Settings
from easel.picture_file import check, save
from easel.results import SAMPLE
from generation import latents
from generation.fields import SEED_LIMIT
from generation.metadata import Metadata
from generation.options import BIGGAN
from generation.request import ImagineRequest


@dataclass(frozen=True, slots=True)
class Samples:
    """What is drawn, and where it goes.

    Args:
        request: with the seed of the first.
        count: so many, each with the next seed.
        out: file of the picture; of several, their seeds go before its ending.
        latent: likewise of what they are decoded from; None for no such file.
        init_latent: file of a latent that is drawn instead.
    """

    request: ImagineRequest
    count: int
    out: Path
    latent: Path | None = None
    init_latent: Path | None = None

    def check(self) -> None:
        """Raise ``ValueError`` where a file cannot be written, as far as one can tell."""
        for file, ending in ((self.out, ".png"), (self.latent, ".safetensors")):
            if file is not None:
                check(file, *self.request.shape, endings=[ending])

    def file(self, path: Path, request: ImagineRequest) -> Path:
        """Return where what belongs to a request goes."""
        return path if self.count == 1 else path.with_name(f"{path.stem}-{request.seed}{path.suffix}")


def sample(samples: Samples, settings: Settings, *, is_sized: bool) -> None:
    """Draw, write the files, and print where each is.

    Args:
        samples: what is drawn.
        settings: with what.
        is_sized: whether the size was asked for; else it is the network's.

    Raises:
        GenerationError: there is no such class, or the weights cannot be read.
        SaveError: a file cannot be written.
    """
    import torch

    from generation.worker.device import choose_device
    from generation.worker.sampling import Sampler

    names = settings.executor.devices
    device = choose_device("auto" if names == "auto" else names[0], torch.cuda.device_count())
    sampler = Sampler(settings.models.biggan, device, settings.models.precision)
    first = samples.request if is_sized else replace(samples.request, width=sampler.side, height=sampler.side)
    if samples.init_latent is not None:
        data = samples.init_latent.read_bytes()
        latent, _ = latents.unpack(data)
        first = replace(first, width=latent.width, height=latent.height)
        _save(sampler.of_latent(data, first), samples.out, f"easel sample --init-latent {samples.init_latent.name}")
        print(samples.out)
        return
    seeds = ((first.seed + number) % SEED_LIMIT for number in range(samples.count))
    requests = [sampler.named(replace(first, seed=seed)) for seed in seeds]
    for request, (image, latent_file) in zip(requests, sampler.samples(requests), strict=True):
        out, named = samples.file(samples.out, request), told_classes(request.classes)
        _save(image, out, command(request))
        if samples.latent is not None:
            save(latent_file, samples.file(samples.latent, request))
        print(f"{out}: seed {request.seed}, {named}")


def is_sample(metadata: Metadata) -> bool:
    """Return whether this is of a sample: drawn, and by no setup that paints."""
    request = metadata.request
    return metadata.setup is None and request.canvas == BIGGAN and request.prompt == SAMPLE


def command(request: ImagineRequest) -> str:
    """Return what draws a sample again, as its file tells it."""
    named = shlex.quote(told_classes(request.classes))
    words = f"--class {named} --truncation {request.truncation:g} --seed {request.seed}"
    return f"easel sample --painter {BIGGAN} {words} --size {request.width}x{request.height}"


def _save(image: Image.Image, out: Path, comment: str) -> None:
    info, buffer = PngInfo(), io.BytesIO()
    info.add_text("Comment", comment)
    image.save(buffer, "PNG", pnginfo=info)
    save(buffer.getvalue(), out)
