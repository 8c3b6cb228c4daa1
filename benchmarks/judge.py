"""A perceptor that took no part in painting, asked what a picture shows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch.nn import functional as F

from generation.checkpoints.loader import load_clip
from generation.perceptor.ensemble import Perceptor

AMONG = 20
THINGS = [
    "apple",
    "banana",
    "orange",
    "pumpkin",
    "carrot",
    "pizza",
    "hamburger",
    "cake",
    "candle",
    "umbrella",
    "crown",
    "guitar",
    "star",
    "heart",
    "mushroom",
    "cat",
    "dog",
    "bear",
    "elephant",
    "goldfish",
    "penguin",
    "owl",
    "horse",
    "frog",
    "butterfly",
    "lion",
    "dragon",
    "swan",
    "duck",
    "rabbit",
    "lighthouse",
    "sailboat",
    "house",
    "castle",
    "windmill",
    "rocket",
    "balloon",
    "campfire",
    "tree",
    "car",
    "flower",
    "bicycle",
    "robot",
    "key",
    "clock",
]
PLACES = [
    "ocean",
    "desert",
    "forest",
    "city",
    "meadow",
    "lake",
    "beach",
    "road",
    "hills",
    "snow",
    "mountains",
    "wheat",
    "volcano",
    "island",
    "village",
    "cave",
    "river",
    "garden",
    "jungle",
    "harbour",
    "bridge",
    "moon",
]
MARKED = re.compile(r"\[([^]]+)\]|\{([^}]+)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is painted, and what else it could be.

    Args:
        text: the prompt.
        others: the same with another thing or place, 19 of them, or none.
    """

    text: str
    others: tuple[str, ...]


def parse(line: str) -> Prompt:
    """Read a prompt whose things are in [ ] and whose places are in { }."""
    text = MARKED.sub(lambda found: found[1] or found[2], line)
    marks = [(found[1] or found[2], found[1] is not None) for found in MARKED.finditer(line)]
    if not marks:
        return Prompt(text, ())
    named = {_singular(word) for mark, _ in marks for word in mark.split()}
    choices = [word for word in (THINGS if marks[0][1] else PLACES) if _singular(word) not in named]
    chosen = Random(line).sample(choices, AMONG - 1)
    return Prompt(text, tuple(_instead(line, word) for word in chosen))


class Judge:
    """Says how well pictures show their prompts.

    Args:
        path: weights of a CLIP.
    """

    def __init__(self, path: Path) -> None:
        self.perceptor = load_clip(path).eval().requires_grad_(False)

    @torch.no_grad()
    def places(self, pictures: Sequence[np.ndarray], prompts: Sequence[Prompt]) -> list[int]:
        """Return the place of each prompt among its others, the best first: 1 to 20."""
        perceptor = self.perceptor
        places = []
        for picture, prompt in zip(pictures, prompts, strict=True):
            pixels = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
            image = perceptor.encode_image(F.interpolate(pixels, size=perceptor.input_size, mode="area"))
            likeness = perceptor.encode_texts((prompt.text, *prompt.others)) @ image[0]
            places.append(1 + int((likeness[1:] > likeness[0]).sum()))
        return places


@torch.no_grad()
def nearness(perceptor: Perceptor, pictures: Sequence[np.ndarray], prompts: Sequence[Prompt]) -> float:
    """Return how near pictures are to their prompts as a perceptor sees both: the mean cosine, at most 1."""
    cosines = []
    for picture, prompt in zip(pictures, prompts, strict=True):
        text = perceptor.encode_texts([prompt.text])
        pixels = torch.from_numpy(picture).permute(2, 0, 1)[None].to(text.device).float() / 255
        image = perceptor.encode_image(F.interpolate(pixels, size=perceptor.input_size, mode="area"))
        cosines.append(float(F.cosine_similarity(image, text)))
    return sum(cosines) / len(cosines)


def _instead(line: str, word: str) -> str:
    """Put the word where the marks are."""
    return _corrected(MARKED.sub(lambda found: _like(word, found[1] or found[2]), line))


def _singular(word: str) -> str:
    return word.removesuffix("s")


def _like(word: str, mark: str) -> str:
    return f"{word}s" if mark.endswith("s") and not word.endswith("s") else word


def _corrected(text: str) -> str:
    """Put "a" and "an" where they belong."""
    return re.sub(r"\b(an?) (?=(\w))", lambda found: "an " if found[2] in "aeio" else "a ", text)
