"""bfloat16 beside float32: how near the pictures of the pocket models come to their prompts, and how they look.

The same requests are painted in both. Each finished picture is judged in float32, by fixed cutouts of the textbook
loop, so that only how it was painted differs. What one seed makes of a prompt differs from what another does by far
more than the formats may.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, pstdev

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from benchmarks import options as common
from benchmarks.networks import pocket
from benchmarks.textbook import Textbook
from generation.checkpoints.loader import POCKET, load_models
from generation.models.precision import Precision
from generation.request import NOISE, ImagineRequest
from generation.worker.build import engine_for
from generation.worker.images import Snapshot

PROMPTS = ("a red apple", "a sunset over the sea", "a lighthouse at night", "green hills")
FORMATS = ("fp32", "bf16")
VIEWS = 128
"""Cutouts by which a finished picture is judged."""
MARGIN, LINE = 8, 16
"""Of the contact sheet, in pixels."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same request, painted in both formats.

    Args:
        prompt: what was painted.
        seed: of it.
        pictures: by format, ``[3, H, W]``.
        losses: by format, the mean spherical distance to the prompt.
    """

    prompt: str
    seed: int
    pictures: dict[str, Tensor]
    losses: dict[str, float]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--size", type=common.size, default=128, help="default: 128")
    parser.add_argument("--steps", type=common.count, default=250, help="default: 250")
    parser.add_argument("--seeds", type=common.count, default=2, help="for each prompt (default: 2)")
    parser.add_argument("--prompts", type=common.count, default=len(PROMPTS), help=f"default: {len(PROMPTS)}")
    parser.add_argument("--device", default="auto", help="cpu, cuda or cuda:N (default: a GPU, else the CPU)")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="a PNG of the pictures side by side")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return the final losses of both, and the mean of their differences."""
    device = common.device(options)
    requests = [
        ImagineRequest(f"{prompt} {seed}", prompt, seed, options.size, options.size, options.steps, init=NOISE)
        for prompt in PROMPTS[: options.prompts]
        for seed in range(options.seeds)
    ]
    painted = {name: _paint(requests, device, common.PRECISIONS[name]) for name in FORMATS}
    textbook = Textbook(pocket(), torch.device("cpu"), VIEWS)
    pairs = [
        Pair(
            request.prompt,
            request.seed,
            {name: painted[name][request.id] for name in FORMATS},
            {name: judged(textbook, painted[name][request.id], request.prompt) for name in FORMATS},
        )
        for request in requests
    ]
    if options.sheet:
        contact_sheet(pairs).save(options.sheet)
    losses = {name: [pair.losses[name] for pair in pairs] for name in FORMATS}
    of_prompts = [[pair.losses["fp32"] for pair in pairs if pair.prompt == prompt] for prompt in PROMPTS]
    return {
        "fp32_loss": mean(losses["fp32"]),
        "bf16_loss": mean(losses["bf16"]),
        "mean_difference": mean(pair.losses["bf16"] - pair.losses["fp32"] for pair in pairs),
        "spread_of_differences": pstdev(pair.losses["bf16"] - pair.losses["fp32"] for pair in pairs),
        "spread_of_seeds": mean(pstdev(each) for each in of_prompts if each),
        "losses": [{"prompt": pair.prompt, "seed": pair.seed, **pair.losses} for pair in pairs],
        "device": str(device),
        "size": options.size,
        "steps": options.steps,
        "models": "pocket",
    }


@torch.no_grad()
def judged(textbook: Textbook, picture: Tensor, prompt: str) -> float:
    """Return the mean spherical distance of a picture, ``[3, H, W]``, and a prompt, by the same views each time."""
    with torch.random.fork_rng(devices=[]):
        textbook.read(prompt)
        torch.manual_seed(0)
        return float(textbook.judge(textbook.make_cutouts(picture[None].float().cpu())))


def contact_sheet(pairs: list[Pair]) -> Image.Image:
    """Return the pictures side by side, one pair in a row, with their losses below."""
    side = pairs[0].pictures["fp32"].shape[-1]
    width = MARGIN + len(FORMATS) * (side + MARGIN)
    sheet = Image.new("RGB", (2 * width, MARGIN + -(-len(pairs) // 2) * (side + 2 * LINE + MARGIN)), "white")
    draw = ImageDraw.Draw(sheet)
    for index, pair in enumerate(pairs):
        left = MARGIN + index % 2 * width
        top = MARGIN + index // 2 * (side + 2 * LINE + MARGIN)
        draw.text((left, top), f"{pair.prompt}, seed {pair.seed}", fill="black")
        for column, name in enumerate(FORMATS):
            x = left + column * (side + MARGIN)
            sheet.paste(Snapshot(pair.pictures[name]).image(), (x, top + LINE))
            draw.text((x, top + LINE + side), f"{name}: {pair.losses[name]:.3f}", fill="black")
    return sheet


def _paint(requests: list[ImagineRequest], device: torch.device, precision: Precision) -> dict[str, Tensor]:
    """Return the finished pictures by request, all painted at once."""
    models = load_models(POCKET, POCKET, device, precision)
    engine = engine_for(models, device)
    for request in requests:
        engine.add_request(request)
    finished: dict[str, Tensor] = {}
    while len(engine):
        for painting in engine.step():
            if painting.done:
                assert painting.picture is not None
                finished[painting.request.id] = painting.picture.clone()
    return finished
