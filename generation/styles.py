"""Endings of prompts by which a picture looks as if it were made in some way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from generation.prompt import write
from generation.targets import Target


@dataclass(frozen=True, slots=True)
class Style:
    """An ending of prompts.

    Args:
        ending: what is added behind a comma.
        help: how a picture looks with it: half a sentence.
    """

    ending: str
    help: str


STYLES: Mapping[str, Style] = {
    "oil-painting": Style("oil painting", "thick strokes of paint"),
    "watercolor": Style("watercolor", "thin washes on paper"),
    "ukiyo-e": Style("japanese woodblock print, ukiyo-e", "flat colours and dark outlines"),
    "pixel-art": Style("pixel art", "large squares, as in old games"),
    "pencil-sketch": Style("pencil drawing", "grey lines on paper"),
    "ink": Style("ink drawing", "black lines on white"),
    "stained-glass": Style("stained glass", "coloured pieces between dark lines"),
    "neon": Style("neon", "glowing lines in the dark"),
    "black-and-white": Style("black and white", "an old photo without colours"),
    "sepia": Style("sepia", "an old photo in brown"),
    "low-poly": Style("low poly", "flat triangles, as in early 3D"),
    "artstation": Style("trending on artstation", "as artists of games and films paint"),
    "unreal-engine": Style("unreal engine", "as a game engine renders"),
    "impressionism": Style("impressionist painting", "short strokes and much light"),
    "cyberpunk": Style("cyberpunk", "a city at night, lit by signs"),
    "studio-photo": Style("studio photo, 50mm lens", "a photo with a plain background"),
}
"""By their names, as they are typed."""


def ended(
    prompt: str, targets: Sequence[Target], ending: str, kept: Callable[[str], bool] = lambda _: False
) -> tuple[str, tuple[Target, ...]]:
    """Return a prompt with an ending, where there are several texts of each that is painted.

    Args:
        prompt: as it was typed.
        targets: that it has; none where it is one plain text.
        ending: of a style.
        kept: says of a text whether it stays as it is.
    """
    if not targets:
        return prompt if kept(prompt) else f"{prompt}, {ending}", ()
    endings = tuple(
        replace(target, text=f"{target.text}, {ending}") if target.weight > 0 and not kept(target.text) else target
        for target in targets
    )
    return write(endings), endings
