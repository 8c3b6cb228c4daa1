"""How to paint with a pair of models."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers of the painting loop that suit a set of weights.

    The defaults are those of the published loop (Crowson et al. 2022) and suit the official weights. Weights that
    want others say so in the ``recipe`` section of their YAML.

    Args:
        cutouts: views of the picture that the perceptor judges in each step.
        learning_rate: of Adam, in units of the latent.
        final_learning_rate: what is left of it at the last step, in [0, 1]; it falls along a cosine.
        init: what to start from: ``noise``, random codes, or ``grey``, the codes of an even grey.
        pyramid: weight of each latent grid that is optimised, the first of full size, each further one of half
            the side; the latent is their sum, resized. ``(1,)`` optimises the latent itself.
        total_variation: weight of that loss.
    """

    cutouts: int = 32
    learning_rate: float = 0.1
    final_learning_rate: float = 1.0
    init: Literal["noise", "grey"] = "noise"
    pyramid: tuple[float, ...] = (1.0,)
    total_variation: float = 0.0
