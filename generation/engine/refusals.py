"""What cannot be painted, in words for whoever asked."""

from collections.abc import Iterable, Sequence

from generation.engine.optimisers import OPTIMISERS
from generation.options import (
    AUGMENTATIONS,
    BIGGAN,
    CMA_ADAM,
    CUT_METHODS,
    EVOLUTIONS,
    MOST_FRAMES,
    NEURAL_STYLE,
    PAINTERS,
    VQGAN,
    Painter,
)
from generation.refusals import NO_WALK_BY, painter_refusal
from generation.request import AUTO, FILMS, LATENT, OUTPUTS, ImagineRequest
from generation.waypoint import Waypoint

NO_AIM = "There is only what to keep away from, nothing with a weight above 0; say also what to paint."


def refusal(request: ImagineRequest, inits: Sequence[str], painters: Sequence[str] = (VQGAN,)) -> str | None:
    """Return why a request cannot be painted by models that offer these ``inits`` and painters, None where it can."""
    if request.init not in (AUTO, *inits):
        return f"The models in use have no {request.init} to begin from; ask again without `--init {request.init}`."
    parts = {target.part for target in request.judged_by} - {None} or {None}
    if not all(request.until(step).has_aim for step in {0, *(steering.step for steering in request.steering)}):
        return NO_AIM
    if len(parts) > request.steps:
        return f"A story of {len(parts)} parts needs as many steps; ask for more with `--steps`."
    if request.init_picture and request.init != AUTO:
        return f"It begins from your picture or by `--init {request.init}`, not from both; leave one out."
    if request.init_latent and (request.init_picture or request.init != AUTO):
        return "It begins from a latent or in another way, not both; leave one out."
    if request.mask and LATENT in request.outputs:
        return "Under a mask the picture is not all decoded from its latent; leave out the mask or the latent."
    if request.init_latent and request.chaos:
        return "It begins exactly from a latent, which chaos would change; leave out `--chaos`."
    if request.mask and not request.init_picture:
        return "A mask says where a picture is painted on; give that picture too."
    if refused := painter_refusal(request.painter, painters):
        return refused
    if refused := _generative_refusal(request) or _style_refusal(request):
        return refused
    if request.optimiser not in (AUTO, CMA_ADAM, *OPTIMISERS):
        return f"There is no such optimiser; ask for {_listed(OPTIMISERS)}."
    if request.optimiser in EVOLUTIONS and not PAINTERS.get(request.painter, Painter()).evolves:
        able = next(name for name, painter in PAINTERS.items() if painter.evolves)
        return f"A population cannot search so many numbers; ask for `--painter {able}` or another optimiser."
    if request.cuts not in (AUTO, *CUT_METHODS):
        return f"Pictures are not cut like that; ask for {_listed(CUT_METHODS)}."
    if not set(request.augment or ()) <= set(AUGMENTATIONS):
        return f"There is no such augmentation; ask for some of {_listed(AUGMENTATIONS)}."
    if unknown := set(request.outputs) - set(OUTPUTS):
        return f"There is no {min(unknown)} to be made of a picture; there are {', '.join(OUTPUTS)}."
    if len(set(request.outputs) & set(FILMS)) > 1:
        return "One video can be made of a picture; ask for one."
    if request.waypoints and (refused := _walk_refusal(request)):
        return refused
    if request.length is not None and max(request.dwell or 0, request.fade) >= request.length:
        flag = "dwell" if (request.dwell or 0) >= request.length else "fade"
        return f"The finished picture would be shown for longer than the video lasts; ask for less with `--{flag}`."
    return None


def _walk_refusal(request: ImagineRequest) -> str | None:
    """Return why a walk is not made, None where it is."""
    films = [output for output in request.outputs if output in FILMS]
    if len(request.waypoints) < 2 or not all(_is_one(waypoint) for waypoint in request.waypoints):
        return "A walk goes from one picture to another; name two or more."
    if not PAINTERS.get(request.painter, Painter()).has_latents:
        return NO_WALK_BY.format(request.painter)
    if not films:
        return f"A walk is a video; ask for {_listed(FILMS)}."
    if request.frames > (most := MOST_FRAMES[films[0]]):
        advice = "ask for fewer between two pictures, or for an mp4"
        return (
            f"The walk would have {request.frames} frames, and in the format {films[0]} {most} are possible; {advice}."
        )
    others = request.init_picture or request.init_latent or request.mask or request.targets or request.steering
    if others or request.is_moving or LATENT in request.outputs:
        return "The pictures of a walk are painted from words alone and not moved, and no latent is written of it."
    return None


def _is_one(waypoint: Waypoint) -> bool:
    """Return whether a waypoint is one thing."""
    return sum(map(bool, (waypoint.prompt, waypoint.latent, waypoint.picture, waypoint.classes))) == 1


def _generative_refusal(request: ImagineRequest) -> str | None:
    """Return why a painter that makes pictures of classes cannot paint a request, or another one cannot."""
    if PAINTERS.get(request.painter, Painter()).encodes:
        named = request.classes or any(waypoint.classes for waypoint in request.waypoints)
        if named or request.most_classes or request.truncation != 1:
            return f"Classes and truncation are a BigGAN's; ask for them with `--painter {BIGGAN}`."
        return None
    where = f"`--painter {request.painter}` cannot begin from a picture"
    if request.init_picture or any(waypoint.picture for waypoint in request.waypoints):
        return f"{where}; leave the picture out, or ask for another painter."
    if request.init != AUTO or request.chaos:
        return f"{where}; leave out `--{'chaos' if request.chaos else 'init'}`."
    if request.is_moving:
        return f"{where}, so it cannot be moved either; leave out `--zoom`, `--pan` and `--rotate`."
    return None


def _style_refusal(request: ImagineRequest) -> str | None:
    """Return why a request is not painted in a neural style; None where it is, or is to be painted otherwise."""
    if request.painter != NEURAL_STYLE or request.waypoints:
        return None
    where = f"`--painter {NEURAL_STYLE}`"
    if not request.init_picture:
        return f"{where} paints one picture in the style of another; give the one that is painted too."
    if not all(target.picture and target.weight > 0 for target in request.judged_by):
        return f"{where} looks at pictures only; give one in whose style, and leave out words, `--no` and `--noise`."
    if request.is_moving:
        return f"{where} keeps things where they are; leave out `--zoom`, `--pan` and `--rotate`."
    return None


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}"
