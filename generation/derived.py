"""What can be asked for next from a request whose picture is finished: the fields of the request that paints it.

All keep the id, member and guild of the request that they are given: who asks for it says whose it is. Pictures are
named by the SHA-256 of their PNG, as in ``ImagineRequest.init_picture``. But for :func:`again` they raise
``RequestError`` of a walk.
"""

from dataclasses import replace

from generation.errors import RequestError
from generation.options import LITTLE, OTHERWISE, PRESETS
from generation.prompt import write
from generation.request import AUTO, ImagineRequest

TIMES = 2
"""So many times the sides of a picture become."""
LEAST_TIMES = 1.25
"""At the largest size: a picture that would grow by less is as large as can be."""
MULTIPLE = 16
"""Of which the sides are multiples, in pixels."""
SUBTLE, STRONG = (LITTLE, 0.02), (0.4, 0.06)
"""Strength and variation, see ``ImagineRequest``, with which another picture comes of a finished one.

Chosen by looking at the pocket models' pictures: the first moves edges and details, the second changes forms, colours
and what is where.
"""


def again(request: ImagineRequest, seed: int) -> ImagineRequest:
    """Return the request for the same with another seed, from the same beginning."""
    return replace(request, seed=seed)


def vary(request: ImagineRequest, picture: str, strong: bool, seed: int) -> ImagineRequest:
    """Return the request for a picture like a finished one, from which it begins.

    Args:
        request: of the finished picture.
        picture: the finished picture.
        strong: whether things may be in other places; otherwise it is the same but for details.
        seed: other than the request's, or than that of another variation.
    """
    strength, variation = STRONG if strong else SUBTLE
    return replace(_on(request, picture, strength), seed=seed, variation=variation)


def continued(
    request: ImagineRequest, picture: str, steps: int | None = None, *, turned: bool = False
) -> ImagineRequest:
    """Return the request for painting on at a finished picture.

    Args:
        request: of the finished picture; of a story the last part goes on.
        picture: the finished picture.
        steps: so many more; None for as many as belong to it.
        turned: whether it is to become something else: then colours and large forms change too.
    """
    more = _on(request, picture, OTHERWISE if turned else LITTLE)
    return more if steps is None else replace(more, steps=steps)


def larger(request: ImagineRequest, picture: str, max_side: int) -> ImagineRequest:
    """Return the request for a finished picture at twice the sides, or as large as allowed, with finer details.

    Args:
        request: of the finished picture.
        picture: the finished picture.
        max_side: pixels of the longer side, at most.

    Raises:
        RequestError: it is that large already; the sentence says so.
    """
    times = min(TIMES, max_side / max(request.shape))
    width, height = (int(side * times) // MULTIPLE * MULTIPLE for side in request.shape)
    if min(width / request.width, height / request.height) < LEAST_TIMES:
        shown = f"{request.width}x{request.height}"
        raise RequestError(f"The picture is as large as can be: it has {shown} of at most {max_side} pixels a side.")
    return replace(_on(request, picture, LITTLE), width=width, height=height)


def _on(request: ImagineRequest, picture: str, strength: float) -> ImagineRequest:
    """Return the request for painting that share of a whole course on a picture, in as many steps as belong to it."""
    if request.waypoints:
        raise RequestError("That is a walk between pictures, of which no further picture is made.")
    request = _last_part(request)
    course = request.steps if request.strength is None else request.steps / request.strength
    steering = tuple(replace(each, step=0) for each in request.steering)
    grow = 0.0 if PRESETS[request.quality].grow else None
    begun = replace(request, init=AUTO, init_picture=picture, init_latent="", init_weight=0.0, variation=0.0)
    begun = replace(begun, steering=steering, chaos=0, stop=100, grow=grow)
    return replace(begun, strength=strength, steps=max(1, round(course * strength)))


def _last_part(request: ImagineRequest) -> ImagineRequest:
    """Return a story's request for its last part, any other as it is."""
    if not request.is_story:
        return request
    last = max(target.part for target in request.targets if target.part is not None)
    targets = tuple(replace(target, part=None) for target in request.targets if target.part in (None, last))
    prompt = write([target for target in targets if target.text])
    return replace(request, prompt=prompt, targets=targets)
