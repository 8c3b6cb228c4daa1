"""How a picture is steered while it is painted, as the command line says it: ``--steer '30: more: a lighthouse'``."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from bot.characters import clean
from easel.wording import plain
from generation.errors import RequestError
from generation.request import ImagineRequest
from generation.steering import read, steered, write
from generation.targets import Steering

STEERING = re.compile(r"\s*(?P<step>\d{1,7})\s*:(?P<text>.*)", re.DOTALL)


def steer(request: ImagineRequest, typed: Sequence[str]) -> ImagineRequest:
    """Return a request that is steered so, and not otherwise.

    Args:
        request: to be painted.
        typed: of each a step, counted from 0, a colon, and what is said then.

    Raises:
        ValueError: that is not allowed; the sentence says why.
    """
    request = replace(request, steering=())
    for argument in typed:
        match = STEERING.fullmatch(argument)
        try:
            said = read(clean(" ".join(match["text"].split()))) if match else ()
            if match is None or not said:
                raise ValueError("--steer takes a step and what is said then, as in --steer '30: more: a lighthouse'")
            if int(match["step"]) >= request.end_step:
                raise ValueError(f"--steer {match['step']}: the picture has the steps 0 to {request.end_step - 1}")
            request = steered(request, said, int(match["step"]))
        except RequestError as error:
            raise ValueError(plain(error)) from None
    return request


def arguments(steering: Sequence[Steering]) -> list[str]:
    """Return the arguments that steer so."""
    together = groupby(steering, lambda each: each.step)
    return [f"{step}: {' | '.join(map(write, said))}" for step, said in together]
