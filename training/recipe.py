"""How to paint with the pocket models: what `generation.recipe.Recipe` takes."""

from typing import Any

from training.drawings import THINGS
from training.drawings.scenery import GROUNDS
from training.drawings.wording import article, without_article
from training.sketch import GUIDANCE, TEMPERATURE

BACKGROUNDS = ("red", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "gray")


def recipe() -> dict[str, Any]:
    """Return the section that goes into the VQGAN's YAML.

    The pocket CLIP knows few things, and most pictures are near to all of them. So a prompt is told apart from
    everything else that can be drawn, and from itself with another thing in it.
    """
    pixels = {"canvas": "pixels", "descent": "normalised", "pyramid": [1.0, 0.6, 0.36, 0.22, 0.13]}
    return {
        "cutouts": 8,
        "init": "grey",
        "sketch": {"candidates": 32, "guidance": GUIDANCE, "temperature": TEMPERATURE},
        "distractors": _distractors(),
        "nouns": sorted({thing.name for thing in THINGS} | {without_article(names[0]) for names in GROUNDS.values()}),
        "stages": [
            {"share": 0.7, **pixels, "learning_rate": 0.3, "final_learning_rate": 0.2, "total_variation": 2.0},
            {"share": 0.2, **pixels, "learning_rate": 0.002, "final_learning_rate": 0.3, "total_variation": 0.1},
            {"canvas": "latent", "share": 0.1, "learning_rate": 0.002, "total_variation": 0.1},
        ],
    }


def _distractors() -> list[str]:
    grounds = [names[0] for names in GROUNDS.values()]
    return sorted(
        {article(thing.name) for thing in THINGS}
        | {f"{ground}{time}" for ground in grounds for time in ("", " at night", " at sunset")}
        | {f"a {color} background" for color in BACKGROUNDS}
    )
