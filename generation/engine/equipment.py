"""What requests are painted with: a recipe, what its stages are made of, a prior, and whose models all that is."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from math import lcm

import torch

from generation.canvas import Canvas, Walkable
from generation.canvas.noise import NOISES
from generation.course import step_cost
from generation.engine.batch import SLOTS
from generation.engine.parts import Parts
from generation.engine.prior import Prior
from generation.engine.refusals import refusal
from generation.errors import RequestError
from generation.models.layers import has_kernels
from generation.options import BIGGAN, EVOLUTIONS, MOST_TIMES, NEURAL_STYLE
from generation.perceptor.pictures import Pictures
from generation.recipe import LATENT_CANVASES, Recipe, Stage
from generation.refusals import cutouts_refusal, size_refusal
from generation.request import LATENT, NOISE, ImagineRequest
from generation.sizes import Shape

GONE = "A picture that it was to be painted from is no longer there; ask again with the picture."
NO_LATENT = "The models in use do not paint the picture by a latent to the end; ask again without it."
NO_WALK = "The models in use have no latents at the end, between which a walk could go; ask for pictures."
STAGES = 32
"""Of which the parts are kept, at most."""


class Equipment:
    """What requests are painted with on a device, and what can be asked of it.

    Args:
        recipe: the numbers of the loop, where a request asks for no others.
        parts: returns what the steps of a stage are made of.
        device: where the models are.
        prior: what returns pictures to begin from, if the models bring one.
        fingerprint: of the models; from checkpoints of others nothing goes on.
        vqgan: fingerprint of that model alone, of which latents are.
        biggan: likewise; without one nothing is painted by a BigGAN.
        vgg: likewise; without one nothing is painted in a neural style.
        classes: names of the BigGAN's.
        slots: paintings that share a step, at most.

    Attributes:
        multiple: of which the sides of pictures have to be multiples, in pixels.
        evaluations: of the loss in a step, at most.
        inits: what a request's ``init`` may name.
        painters: what its ``canvas`` may name.
        most_cutouts: views of a picture in each step that a request may ask for.
    """

    def __init__(
        self,
        recipe: Recipe,
        parts: Callable[[Stage], Parts],
        device: torch.device,
        prior: Prior | None = None,
        fingerprint: str = "",
        vqgan: str = "",
        biggan: str = "",
        vgg: str = "",
        classes: tuple[str, ...] = (),
        slots: int = SLOTS,
    ) -> None:
        self.recipe = recipe
        self.parts = lru_cache(maxsize=STAGES)(parts)
        self.device = device
        self.prior = prior
        self.fingerprint = fingerprint
        self.vqgan = vqgan
        self.biggan = biggan
        self.vgg = vgg
        self.classes = classes
        self.slots = slots
        usual = [self.parts(stage) for stage in (*recipe.stages, *(recipe.coarse_to_fine or ()))]
        self.multiple = lcm(*(each.canvas.multiple for each in usual))
        self.evaluations = max(each.optimiser.evaluations for each in usual)
        self.inits = (*([prior.name] if prior else []), NOISE, *NOISES)
        needed = {BIGGAN: biggan, NEURAL_STYLE: vgg}
        self.painters = tuple(name for name in recipe.stages_of if needed.get(name, "none"))
        self.most_cutouts = MOST_TIMES * recipe.cutouts

    def check(self, request: ImagineRequest, pictures: Pictures) -> None:
        """Raise ``RequestError`` where a request asks for what is not painted, or names pictures that are not there."""
        refused = size_refusal(request.shape, self.multiple) or cutouts_refusal(request.cutouts, self.most_cutouts)
        if refused := refused or refusal(request, self.inits, self.painters):
            raise RequestError(refused)
        if not request.pictures <= pictures.keys():
            raise RequestError(GONE)

    def prior_for(self, request: ImagineRequest) -> Prior | None:
        """Return what draws that with which a request begins; None where nothing does."""
        return self.prior if self.prior and request.until(0).begins_with(self.prior.name) else None

    def stages_for(self, request: ImagineRequest) -> tuple[Stage, ...]:
        """Return the stages in which a request is painted after its prior.

        Raises:
            RequestError: they do not end in the latent that it asks for, or have none with which it begins.
        """
        stages = self.recipe.stages_for(request, prior=self.prior_for(request) is not None)
        if (LATENT in request.outputs or request.init_latent) and not (stages and _end_in_latent(stages)):
            raise RequestError(NO_LATENT)
        return stages

    def walkable(self, request: ImagineRequest) -> Canvas:
        """Return the canvas, a ``Walkable``, from whose latents a request's picture is decoded in the end.

        Raises:
            RequestError: there is none.
        """
        stages = self.recipe.stages_for(request, prior=False)
        canvas = self.parts(stages[-1]).canvas
        if not (isinstance(canvas, Walkable) and _end_in_latent(stages)):
            raise RequestError(NO_WALK)
        return canvas

    def latents_of(self, request: ImagineRequest) -> str:
        """Return the fingerprint of the model of which the latents are by which a request is painted."""
        return self.biggan if request.painter == BIGGAN else self.vqgan

    def repeats(self, request: ImagineRequest) -> bool:
        """Return whether a request has the same pixels each time, with as many threads, whatever is painted beside it.

        A device that paints one picture at a time does so. On CUDA our kernels do, beside others too (40 steps of 256²
        on an H100); other views, and PyTorch's own, add up their gradients in no fixed order.
        """
        stages = self.recipe.stages_for(request, prior=self.prior_for(request) is not None)
        return self.device.type == "cpu" or (has_kernels(self.device) and all(map(_is_ordered, stages)))

    def effort(self, shape: Shape, stage: Stage) -> float:
        """Return how much work a step is beside one of the recipe."""
        cutouts = (stage.cutouts or self.recipe.cutouts) / self.recipe.cutouts
        evolution = EVOLUTIONS.get(stage.optimiser, 1.0)
        scale = stage.scale_of(shape)
        return evolution * self.recipe.work.of(shape, cutouts, scale, stage.canvas) / step_cost(shape)

    def painting(self, request: ImagineRequest, stages: Sequence[Stage], step: int) -> str:
        """Return a digest of all that decides what a request's picture will be after so many steps."""
        recipe = repr(self.recipe), repr(stages)
        own = {BIGGAN: self.biggan, NEURAL_STYLE: self.vgg}.get(request.painter, "")
        known = request.until(step - 1).anonymous
        parts = known.to_json(), *recipe, self.fingerprint, repr(self.inits), own
        return sha256("\n".join(parts).encode()).hexdigest()


def _end_in_latent(stages: Sequence[Stage]) -> bool:
    last = stages[-1]
    return last.canvas in LATENT_CANVASES and last.scale == 1 and last.side is None


def _is_ordered(stage: Stage) -> bool:
    """Return whether our kernels for CUDA do all that adds up in a stage."""
    return stage.canvas == "latent" and stage.cut_method == "composed" and not stage.augmentations
