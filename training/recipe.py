"""How to paint with the pocket models: what `generation.recipe` and `generation.pocket.description` take."""

from typing import Any

from training.drawings import THINGS
from training.drawings.scenery import GROUNDS
from training.drawings.wording import article, without_article
from training.sketch import GUIDANCE, TEMPERATURE

BACKGROUNDS = ("red", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "gray")


def recipe() -> dict[str, Any]:
    """Return the numbers of the loop, a section of the VQGAN's YAML."""
    pixels = {"canvas": "pixels", "optimiser": "normalised", "pyramid": [1.0, 0.6, 0.36, 0.22, 0.13]}
    first = {"share": 0.7, **pixels, "learning_rate": 0.3, "final_learning_rate": 0.2, "total_variation": 2.0}
    second = {"share": 0.29, **pixels, "learning_rate": 0.002, "final_learning_rate": 0.3, "total_variation": 0.1}
    latent = {"canvas": "latent", "share": 0.01, "learning_rate": 0.002, "total_variation": 0.1}
    return {
        "cutouts": 8,
        "init": "grey",
        "stages": [first, second, latent],
        "coarse_to_fine": [
            {**first, "share": 0.8, "side": 64, "cutouts": 2},
            {**second, "share": 0.2, "side": 64, "cutouts": 4},
            {**latent, "share": 0, "side": 128},
            {**latent, "share": 0},
        ],
        "work": {"judging": 2800, "rest": 1350},
        "painters": {
            "fourier": [
                {"canvas": "fourier", "learning_rate": 0.2, "final_learning_rate": 0.1, "total_variation": 2.0},
            ],
            "siren": [
                {"canvas": "siren", "learning_rate": 0.0003, "final_learning_rate": 0.1, "total_variation": 1.0},
            ],
            "biggan": [{"canvas": "biggan", "learning_rate": 0.2, "ema": 0.5}],
            "network": {"layers": 6, "hidden": 96},
        },
    }


def pocket() -> dict[str, Any]:
    """Return what they need beside the loop, another section.

    The pocket CLIP knows few things, and most pictures are near to all of them. So a prompt is told apart from
    everything else that can be drawn, and from itself with another thing in it.
    """
    nouns = sorted({thing.name for thing in THINGS} | {without_article(names[0]) for names in GROUNDS.values()})
    return {
        "prior": {"candidates": 32, "guidance": GUIDANCE, "temperature": TEMPERATURE},
        "negatives": {"distractors": _distractors(), "nouns": nouns},
    }


def _distractors() -> list[str]:
    grounds = [names[0] for names in GROUNDS.values()]
    return sorted(
        {article(thing.name) for thing in THINGS}
        | {f"{ground}{time}" for ground in grounds for time in ("", " at night", " at sunset")}
        | {f"a {color} background" for color in BACKGROUNDS}
    )
