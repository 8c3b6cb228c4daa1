"""Paints the samples of `.styles` anew with the pocket models, and a page of them: `python docs/styles.py`."""

from pathlib import Path

import torch
from PIL import Image, ImageDraw

from bot.styles import SHEET, sample
from generation.checkpoints.loader import POCKET, load_models
from generation.request import ImagineRequest
from generation.styles import STYLES
from generation.worker.build import engine_for

PROMPT = "a castle on a green hill"
SEED, SIDE, STEPS = 3, 96, 100
COLOURS = 64
"""Of a file, which is small so."""
COLUMNS = 4
CAPTION = 14
"""Pixels below each sample."""


def painted() -> dict[str, Image.Image]:
    """Return a sample of each style, by its name; each is painted alone, so that it comes out the same again."""
    torch.set_num_threads(1)
    device = torch.device("cpu")
    engine = engine_for(load_models(POCKET, POCKET, device), device)
    pictures = {}
    for name, style in STYLES.items():
        state = engine.add_request(ImagineRequest(name, f"{PROMPT}, {style.ending}", SEED, SIDE, SIDE, STEPS))
        while len(engine):
            engine.step()
        assert state.picture is not None
        pixels = state.picture.clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).numpy()
        pictures[name] = Image.fromarray(pixels)
        print(name, flush=True)
    return pictures


def page(pictures: dict[str, Image.Image]) -> Image.Image:
    """Put all samples in rows, each with its name below it."""
    rows = -(-len(pictures) // COLUMNS)
    whole = Image.new("RGB", (COLUMNS * (SIDE + 4) - 4, rows * (SIDE + CAPTION)), "white")
    pencil = ImageDraw.Draw(whole)
    for place, (name, picture) in enumerate(pictures.items()):
        x, y = place % COLUMNS * (SIDE + 4), place // COLUMNS * (SIDE + CAPTION)
        whole.paste(picture, (x, y))
        pencil.text((x, y + SIDE + 1), name, fill="black")
    return whole


def save(picture: Image.Image, path: Path, colours: int) -> None:
    """Write a PNG with a palette."""
    picture.quantize(colours, method=Image.Quantize.MEDIANCUT).save(path, optimize=True)


if __name__ == "__main__":
    SHEET.parent.mkdir(exist_ok=True)
    samples = painted()
    for name, picture in samples.items():
        save(picture, sample(name), COLOURS)
    save(page(samples), SHEET, 4 * COLOURS)
