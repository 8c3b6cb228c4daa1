"""``easel sample``: what it takes. What the command needs is imported by the command."""

from pathlib import Path
from typing import Annotated

import typer

MOST_SAMPLES = 1000


def sample(
    settings: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Settings.", show_default=False)
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="Where it goes; of several, with seeds in their names.")
    ] = Path("sample.png"),
    classes: Annotated[
        str | None,
        typer.Option("--class", help="As mushroom:0.7, owl:0.3; one at random by default.", show_default=False),
    ] = None,
    truncation: Annotated[
        float | None, typer.Option(help="Less is more usual and less varied, 0.02 to 1.", show_default="1")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the first; at random by default.", show_default=False)] = None,
    count: Annotated[int, typer.Option(min=1, max=MOST_SAMPLES, help="So many, each with the next seed.")] = 1,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="The network's by default.", show_default=False)
    ] = None,
    painter: Annotated[str, typer.Option(help="What draws: biggan.")] = "biggan",
    biggan: Annotated[
        str | None,
        typer.Option(help="pocket, a name from easel models list, or a file.", metavar="MODEL", show_default=False),
    ] = None,
    latent: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also what it is decoded from, as .safetensors.", show_default=False),
    ] = None,
    init_latent: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw a file of --latent instead.", show_default=False)
    ] = None,
) -> None:
    """Draw pictures of classes by a BigGAN, without CLIP.

    \b
    easel sample --class owl --seed 7 --out owl.png
    easel sample --class 'mushroom:0.6, owl:0.4' --truncation 0.5 --count 8 --out owls.png
    easel sample --class owl --latent owl.safetensors
    easel sample --init-latent owl.safetensors
    easel sample --biggan biggan-deep-256 --class 'golden retriever'
    """
    from config.layers import load
    from easel.imagine import request
    from easel.models import with_paths
    from easel.results import SAMPLE
    from easel.samples import Samples
    from easel.samples import sample as draw
    from generation import latents
    from generation.options import BIGGAN

    try:
        if painter != BIGGAN:
            raise ValueError(f"only {BIGGAN} draws samples; ask for --painter {BIGGAN}")
        if init_latent is not None and (classes or count > 1 or size or latent):
            raise ValueError("--init-latent says all but --out and --biggan; leave the others out")
        own = [] if biggan is None else [f"models.biggan={biggan}"]
        chosen = load(arguments=["log.level=error", *(settings or []), *own])
        flags = {"class": classes, "truncation": _number(truncation), "seed": _number(seed), "size": size}
        asked = request(SAMPLE, chosen, {**flags, "painter": painter, "steps": "1"})
        samples = Samples(asked, count, out, latent, init_latent)
        samples.check()
        if init_latent is not None and not init_latent.is_file():
            raise ValueError(f"{init_latent} is not a file")
        if init_latent is not None and init_latent.stat().st_size > latents.MOST_BYTES:
            raise ValueError(f"{init_latent} is larger than a latent")
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    draw(samples, with_paths(chosen), is_sized=size is not None)


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:g}" if isinstance(value, float) else str(value)
