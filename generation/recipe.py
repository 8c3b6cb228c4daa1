"""How to paint with a pair of models."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from generation.limits import STRICT, matching, real, whole

Weight = Annotated[float, real(0, 1000)]
PartName = Annotated[str, matching(r"[\w-]{1,100}", "a name")]
Pyramid = Annotated[tuple[Weight, ...], Field(min_length=1, max_length=12)]


def _complete(stages: "tuple[Stage, ...]") -> "tuple[Stage, ...]":
    if abs(sum(stage.share for stage in stages) - 1) > 1e-3:
        raise PydanticCustomError("shares", "should have shares that add up to 1")
    return stages


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the painting, with one canvas and one optimiser.

    The defaults are those of the published loop (Crowson et al. 2022) and suit the official weights.

    Args:
        canvas: what is optimised, by its name in ``generation.worker.build``: ``latent``, VQGAN's, or ``pixels``.
        share: of the request's steps, in [0.01, 1]; the shares of a recipe add up to 1.
        optimiser: by its name in ``generation.engine.optimisers``: ``adam``, or ``normalised``, momentum on gradients
            of length 1.
        learning_rate: in units of what is optimised.
        final_learning_rate: what is left of it at the stage's last step, in [0, 1]; it falls along a cosine.
        pyramid: weight of each grid that is optimised, the first of full size, each further one of half the side;
            the canvas is their sum, resized. ``(1,)`` optimises the canvas itself.
        total_variation: weight of that loss, which evens the picture out.
    """

    __pydantic_config__ = STRICT

    canvas: PartName = "latent"
    share: Annotated[float, real(0.01, 1)] = 1.0
    optimiser: PartName = "adam"
    learning_rate: Annotated[float, real(1e-6, 100)] = 0.1
    final_learning_rate: Annotated[float, real(0, 1)] = 1.0
    pyramid: Pyramid = (1.0,)
    total_variation: Weight = 0.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers of the painting loop that suit a set of weights.

    Weights that want others than the published ones say so in the ``recipe`` section of their YAML.

    Args:
        cutouts: views of the picture that the perceptor judges in each step.
        init: what the first stage starts from: ``noise`` or an even ``grey``.
        stages: one after the other, each starting from the picture that the one before it left.
    """

    __pydantic_config__ = STRICT

    cutouts: Annotated[int, whole(1, 512)] = 32
    init: Literal["noise", "grey"] = "noise"
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=16), AfterValidator(_complete)] = (Stage(),)

    @classmethod
    def from_config(cls, section: Mapping[str, Any]) -> Self:
        """Return the recipe of a YAML section whose keys are the fields' names.

        Raises:
            pydantic.ValidationError: a key is no field, or a value is not allowed.
        """
        return TypeAdapter(cls).validate_json(json.dumps(section))

    def first_stage(self, *, prior: bool) -> int:
        """Return the number from 0 of the stage in which a painting begins.

        The picture of a prior stands in for the first of several.
        """
        return 1 if prior and len(self.stages) > 1 else 0

    def last_step(self, stage: int, steps: int, first: int = 0) -> int:
        """Return after how many steps a stage is over, by its number from 0, if a painting began in the first."""
        if stage == len(self.stages) - 1:
            return steps
        shares = [each.share for each in self.stages]
        return round(steps * sum(shares[first : stage + 1]) / sum(shares[first:]))
