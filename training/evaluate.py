"""How good the pocket models are, on drawings that no training saw."""

import random
import re

import torch
from torch import Tensor
from torch.nn import functional as F

from generation.models.vqgan import VQGAN
from generation.perceptor.clip import CLIPPerceptor
from generation.pocket.composer import Composer
from training.attack import attack
from training.dataset import Dataset
from training.drawings import THINGS
from training.sketch import SIDE as SKETCHED
from training.sketch import divergence, soft_codes

AMONG = 100  # captions that a picture's own is found among
WORDS = 20  # things that a picture's own is found among
ATTACK_STEPS = 3
ATTACKED = 300  # pictures, since attacks take time
RECONSTRUCTED = 200  # pictures
BATCH = 50


def clip_figures(perceptor: CLIPPerceptor, held_out: Dataset) -> dict[str, float]:
    """Shares of held-out drawings that the perceptor gets right, clean and attacked with an L2 radius of 1 and 2.

    ``retrieval``: the picture's own caption comes first among 100. ``object``: the right word comes first among 20
    captions that differ in nothing but the thing's name; this, and not retrieval, tells whether form is known.
    """
    perceptor.eval()
    named = _named(held_out)[:ATTACKED]
    texts = [_text(perceptor, captions) for _, captions in named]
    shown = [index for index, _ in named]
    figures = {}
    for radius in (0.0, 1.0, 2.0):
        suffix = f"eps_{radius:.0f}" if radius else "clean"
        figures[f"retrieval_{suffix}"] = _retrieval(perceptor, held_out, radius)
        figures[f"object_{suffix}"] = _object(perceptor, held_out, shown, texts, radius)
    return figures


@torch.no_grad()
def vqgan_figures(vqgan: VQGAN, held_out: Dataset) -> dict[str, float]:
    """Peak signal to noise ratio in dB, mean absolute error in [0, 1], and how many codes occur."""
    vqgan.eval()
    squares, differences, used = [], [], set()
    count = min(RECONSTRUCTED, len(held_out))
    for first in range(0, count, 20):
        pictures = held_out.batch(range(first, min(first + 20, count)))
        codes = vqgan.codes(vqgan.encode(pictures))
        drawn = vqgan.decode(vqgan.lookup(codes)).clamp(0, 1)
        used.update(codes.unique().tolist())
        squares.append((drawn - pictures).square().mean((1, 2, 3)))
        differences.append((drawn - pictures).abs().mean((1, 2, 3)))
    psnr = -10 * torch.cat(squares).clamp(min=1e-6).log10().mean()
    return {
        "psnr": round(float(psnr), 2),
        "l1": round(float(torch.cat(differences).mean()), 4),
        "codes_used": len(used),
        "codes": len(vqgan.codebook),
    }


@torch.no_grad()
def sketch_figures(composer: Composer, vqgan: VQGAN, perceptor: CLIPPerceptor, held_out: Dataset) -> dict[str, float]:
    """How far guesses of codes are off, in nats, given the caption and the codes before, and nothing but the latter."""
    nats: dict[str, list[Tensor]] = {"nats_with_text": [], "nats_without": []}
    count = min(RECONSTRUCTED, len(held_out))
    for first in range(0, count, 20):
        indices = range(first, min(first + 20, count))
        pictures = F.interpolate(held_out.batch(indices), size=SKETCHED, mode="area")
        near, shares = soft_codes(vqgan, vqgan.encode(pictures))
        captions = [held_out.captions[index][0] for index in indices]
        for name, texts in (("nats_with_text", captions), ("nats_without", [""] * len(captions))):
            tokens = torch.cat([perceptor.tokens(text) for text in texts])
            logits = composer(composer.read(perceptor.read(tokens), tokens), near[..., 0])
            nats[name].append(divergence(logits, near, shares))
    return {name: round(float(torch.stack(parts).mean()), 3) for name, parts in nats.items()}


def _pictures(perceptor: CLIPPerceptor, held_out: Dataset, indices: list[int]) -> Tensor:
    pictures = F.interpolate(held_out.batch(indices), size=perceptor.input_size, mode="area")
    return pictures.contiguous(memory_format=torch.channels_last)


def _text(perceptor: CLIPPerceptor, captions: list[str]) -> Tensor:
    with torch.no_grad():
        return perceptor.encode_texts(captions)


def _attacked(perceptor: CLIPPerceptor, pictures: Tensor, logits_of: Tensor, right: Tensor, radius: float) -> Tensor:
    """Vectors of pictures moved so that the right one of the texts [B, K, D] or [K, D] fits worse."""
    if radius:

        def loss(x: Tensor) -> Tensor:
            return F.cross_entropy(15 * _scores(perceptor.encode_image(x), logits_of), right)

        torch.manual_seed(0)
        pictures = attack(pictures, torch.full((len(pictures), 1, 1, 1), radius), ATTACK_STEPS, loss)
    with torch.no_grad():
        return perceptor.encode_image(pictures)


def _scores(image: Tensor, text: Tensor) -> Tensor:
    return image @ text.T if text.ndim == 2 else torch.einsum("bd,bkd->bk", image, text)


def _retrieval(perceptor: CLIPPerceptor, held_out: Dataset, radius: float) -> float:
    count = min(ATTACKED if radius else len(held_out), len(held_out)) // AMONG * AMONG
    right = torch.arange(AMONG)
    hits = 0
    for first in range(0, count, AMONG):
        indices = list(range(first, first + AMONG))
        text = _text(perceptor, [held_out.captions[index][0] for index in indices])
        image = _attacked(perceptor, _pictures(perceptor, held_out, indices), text, right, radius)
        hits += int((_scores(image, text).argmax(1) == right).sum())
    return round(hits / max(count, 1), 3)


def _named(held_out: Dataset) -> list[tuple[int, list[str]]]:
    """Drawings of things, each with its caption and 19 copies of it that name other things."""
    names = sorted({thing.name for thing in THINGS})
    chosen = random.Random(0)
    named = []
    for index, subject in enumerate(held_out.subjects):
        caption = held_out.captions[index][0]
        pattern = rf"\b(an? )?{re.escape(subject)}\b"
        if subject not in names or not re.search(pattern, caption):
            continue
        others = chosen.sample([name for name in names if name != subject], WORDS - 1)
        named.append((index, [re.sub(pattern, f"a {word}", caption, count=1) for word in (subject, *others)]))
    return named


def _object(perceptor: CLIPPerceptor, held_out: Dataset, shown: list[int], texts: list[Tensor], radius: float) -> float:
    hits = 0
    for first in range(0, len(shown), BATCH):
        part = slice(first, first + BATCH)
        text = torch.stack(texts[part])
        right = torch.zeros(len(text), dtype=torch.long)
        image = _attacked(perceptor, _pictures(perceptor, held_out, shown[part]), text, right, radius)
        hits += int((_scores(image, text).argmax(1) == 0).sum())
    return round(hits / max(len(shown), 1), 3)
