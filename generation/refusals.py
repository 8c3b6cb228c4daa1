"""Why models do not paint what is asked for by what they offer, in words for whoever asked."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from generation.sizes import Shape

NO_WALK_BY = "A walk goes between latents, and `--painter {0}` has none; ask with `--painter vqgan`."


def size_refusal(shape: Shape, multiple: int) -> str | None:
    """Return why models do not paint a shape whose sides have to be multiples of some pixels, None where they do.

    The sentence names the nearest sizes below and above.
    """
    if not any(side % multiple for side in shape):
        return None
    below = [side // multiple * multiple for side in shape]
    above = [-(-side // multiple) * multiple for side in shape]
    asked = " or ".join(f"`--size {width}x{height}`" for width, height in (below, above) if width and height)
    return f"The models in use paint sizes in multiples of {multiple} pixels; ask for {asked}."


def cutouts_refusal(cutouts: int | None, most: int) -> str | None:
    """Return why models are not shown so many views of a picture, None where they are."""
    if cutouts is None or cutouts <= most:
        return None
    return f"The models in use can be shown {most} cutouts in a step; ask for no more with `--cutouts {most}`."


def painter_refusal(painter: str, painters: Sequence[str]) -> str | None:
    """Return why models do not paint by a painter, None where they do.

    Args:
        painter: asked for.
        painters: that they offer.
    """
    if painter in painters:
        return None
    words = " or ".join(f"`--painter {each}`" for each in painters)
    return f"The models in use have no such painter; ask for {words}."


def class_refusal(named: Iterable[str], classes: tuple[str, ...]) -> str | None:
    """Return why a BigGAN paints nothing of these classes, None where it knows all of them.

    Args:
        named: classes that are asked for.
        classes: that it knows, by number: each has several names with commas between.
    """
    numbers = class_numbers(classes)
    for name in named:
        wanted = " ".join(name.casefold().split())
        if wanted not in numbers:
            near = difflib.get_close_matches(wanted, numbers, n=3, cutoff=0.5)
            within = [each for each in numbers if wanted and wanted in each]
            found = list(dict.fromkeys([*near, *within]))[:3] or [names.split(",")[0] for names in classes[:3]]
            *others, last = found
            known = f"are for example {', '.join(others)} and {last}" if others else f"is for example {last}"
            return f"There is no class {name[:50]!r}; there {known}."
    return None


@lru_cache(maxsize=8)
def class_numbers(classes: tuple[str, ...]) -> Mapping[str, int]:
    """Return the numbers of classes by all of their names, in lower case."""
    numbers: dict[str, int] = {}
    for number, names in enumerate(classes):
        for each in (names, *names.split(",")):
            numbers.setdefault(each.strip().casefold(), number)
    return numbers
