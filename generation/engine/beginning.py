"""What a request begins a stage with."""

import torch
from torch import Tensor

from generation.canvas import Canvas, Generative, Init, Scalable, Surface, resized
from generation.canvas.bent import bent
from generation.canvas.latent import LatentCanvas
from generation.canvas.masked import MaskedSurface, masked
from generation.canvas.noise import NOISES, fractal
from generation.engine.state import RequestState
from generation.recipe import Stage
from generation.sizes import Shape


def first_picture(state: RequestState, device: torch.device) -> Tensor | None:
    """Return the picture, or the latent, that a state begins from without a prior; None for what the recipe says."""
    request = state.request
    if request.init_latent:
        return state.pictures[request.init_latent]
    if request.init_picture:
        picture = state.pictures[request.init_picture]
        return bent(picture, request.variation, state.generator) if request.variation else picture
    if request.init in NOISES:
        return NOISES[request.init](request.width, request.height, state.generator).to(device)
    return None


def begun(state: RequestState, canvas: Canvas, picture: Tensor | None) -> tuple[Surface, Init]:
    """Return on what a state paints in its stage, and what it begins with, from a picture or from nothing.

    Args:
        state: in that stage.
        canvas: of the stage.
        picture: from which it begins, or a latent where no picture becomes one.
    """
    request = state.request
    shape = painted_shape(request.shape, state.stages[state.stage], canvas.multiple)
    if isinstance(canvas, Scalable):
        shape = canvas.painted_shape(shape)
    is_first = state.stage == state.step == 0
    if picture is not None and request.init_latent and is_first:
        assert isinstance(canvas, LatentCanvas | Generative)
        return canvas, canvas.begin_at(picture, *shape)
    if isinstance(canvas, Generative):
        if picture is None:
            return canvas, canvas.begin(request, *shape, state.generator)
        return canvas, canvas.begin_at(picture, *shape)
    picture = None if picture is None else resized(picture, shape)
    if request.chaos and is_first:
        picture = _clouded(picture, canvas, state, shape)
    init = canvas.init(*shape, state.generator, picture)
    if not request.mask:
        return canvas, init
    whole, mask = (resized(state.pictures[each], shape) for each in (request.init_picture, request.mask))
    return MaskedSurface(canvas), masked(init, whole, mask)


def painted_shape(shape: Shape, stage: Stage, multiple: int) -> Shape:
    """Return in which shape a picture is painted in a stage, in multiples of some pixels."""
    scale = stage.scale_of(shape)
    if scale == 1:
        return shape
    width, height = (max(1, round(side * scale / multiple)) * multiple for side in shape)
    return width, height


@torch.no_grad()
def _clouded(picture: Tensor | None, canvas: Canvas, state: RequestState, shape: Shape) -> Tensor:
    """Return a picture to begin from with as many clouds in it as a request asks for; None for the canvas's own."""
    if picture is None:
        init = canvas.init(*shape, state.generator, None)
        picture = canvas.render([each[None] for each in init.parameters], [each[None] for each in init.constants])[0]
    clouds = fractal(*shape, state.generator).to(picture.device)
    return picture.lerp(clouds, state.request.chaos / 100)
