"""What a picture is judged by, and how that is changed while it is painted."""

from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from generation.fields import MOST_STEPS, STRICT, VISIBLE, Digest, Name, Seed, Text, Weight

WITHOUT = -0.5
"""Weight of all that a picture is to be without, Midjourney's."""
MOST_STEERING = 16
"""Times that a picture can be steered."""
LONGEST_STEERING = 200
"""Characters of a text by which it is."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a picture should come near to, or keep away from: a text, another picture or noise.

    Args:
        text: in words; ``""`` for a picture.
        picture: SHA-256 of an encoded picture, in hexadecimal; ``""`` for a text.
        weight: beside the other targets'; negative to keep away from it.
        stop: distance at which it no longer pulls, negative for one to keep away from; see
            ``generation.perceptor.distance.held``.
        part: of a story to which it belongs, by its number; None for all of them.
        noise: seed of a random direction instead of a text or a picture.
    """

    __pydantic_config__ = STRICT

    text: Text = ""
    picture: Digest = ""
    weight: Weight = 1.0
    stop: Annotated[float, Field(ge=-5, le=5)] | None = None
    part: Annotated[int, Field(ge=0, lt=64)] | None = None
    noise: Seed | None = None


@dataclass(frozen=True, slots=True)
class Steering:
    """What is said while a picture is painted: how much a text counts from then on.

    Args:
        text: one of the targets', in any case, or a new one, which counts in all parts of a story.
        weight: beside the other targets'; 0 to leave it out.
        adds: whether that is added to the weight that the text has already, and does not take its place.
        step: the first in which it counts, from 0.
        by: opaque key of who said it.
    """

    __pydantic_config__ = STRICT

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_STEERING, pattern=VISIBLE)]
    weight: Weight
    adds: bool = False
    step: Annotated[int, Field(ge=0, lt=MOST_STEPS)] = 0
    by: Name = ""

    def changed(self, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        """Return targets as they are once this counts."""
        text = compared(self.text)
        known = [bool(target.text) and compared(target.text) == text for target in targets]
        if not any(known):
            return *targets, Target(self.text, weight=self.weight)
        return tuple(
            replace(target, weight=self.weight + (target.weight if self.adds else 0)) if is_known else target
            for target, is_known in zip(targets, known, strict=True)
        )


def compared(text: str) -> str:
    """Return a text as those are told apart by which a picture is steered: CLIP knows no case and no blanks either."""
    return " ".join(text.casefold().split())
