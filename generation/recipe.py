"""How to paint with a pair of models."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile
from math import cos, pi
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from generation.course import LATENT, NOTHING, OFFICIAL, Course, Parts, Work, scale_of
from generation.course import Part as CoursePart
from generation.limits import STRICT, matching, real, whole
from generation.options import (
    BIGGAN,
    CMA,
    CMA_ADAM,
    EVOLUTION_RATE,
    EVOLUTIONS,
    HALF,
    NEURAL_STYLE,
    OPTIMISERS,
    PRESETS,
    VQGAN,
)
from generation.request import AUTO, ImagineRequest
from generation.sizes import Shape

LATENT_CANVASES = (LATENT, BIGGAN)
"""Canvases whose pictures are decoded from a latent."""
PYRAMID = (1.0, 1.0, 1.0)
"""Of neural style: in fewer steps than with fine pixels alone its colours and large strokes come."""

Weight = Annotated[float, real(0, 1000)]
PartName = Annotated[str, matching(r"[\w-]{1,100}", "a name")]
Pyramid = Annotated[tuple[Weight, ...], Field(min_length=1, max_length=12)]


def _complete(stages: "tuple[Stage, ...]") -> "tuple[Stage, ...]":
    if abs(sum(stage.share for stage in stages) - 1) > 1e-3:
        raise PydanticCustomError("shares", "should have shares that add up to 1")
    return stages


def _each_has_steps(stages: "tuple[Stage, ...]") -> "tuple[Stage, ...]":
    if any(stage.share == 0 for stage in stages):
        raise PydanticCustomError("shares", "should have no share of 0")
    return stages


def _first_two_have_steps(stages: "tuple[Stage, ...]") -> "tuple[Stage, ...]":
    if any(stage.share == 0 for stage in stages[:2]):  # a prior stands in for the first
        raise PydanticCustomError("shares", "should have no share of 0 in its first two stages")
    return stages


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the painting, and all that its steps are made of.

    The defaults are those of the published loop (Crowson et al. 2022) and suit the official weights.

    Args:
        canvas: what is optimised, by its name in ``generation.worker.build``: ``latent``, VQGAN's, ``pixels``,
            ``fourier``, ``siren``, ``biggan``, or ``neural-style``, which is also what judges.
        share: of the request's steps, in [0, 1]; the shares of a recipe add up to 1. Through one of 0 a picture only
            passes: it becomes what is optimised, and is rendered.
        optimiser: by its name in ``generation.engine.optimisers``, such as ``adam``, or ``normalised``, momentum on
            gradients of length 1.
        learning_rate: in units of what is optimised.
        final_learning_rate: what is left of it at the stage's last step, in [0, 1]; it falls along a cosine.
        pyramid: weight of each grid that is optimised, the first of full size, each further one of half the side;
            the canvas is their sum, resized. ``(1,)`` optimises the canvas itself.
        total_variation: weight of that loss, which evens the picture out.
        ema: share of the old mean in the mean of what is optimised, of which the picture is made that is shown and
            that the next stage begins from; 0 makes it of what is optimised itself.
        cutouts: views of the picture that the perceptor judges in each step; None for the recipe's.
        cut_method: how they are cut, by its name in ``generation.perceptor.views``.
        cut_power: of the uniform number that says how large they are, where they are of random sizes.
        augmentations: of the views, by their names in ``generation.perceptor.augmentations``; None for those that
            belong to the method.
        scale: of the picture's sides, at which it is painted.
        side: the shorter one that is painted, in pixels, at most; None for the picture's own.
        carried: whether it goes on from what was optimised before and from the optimiser's state, both resized, and
            not from their picture. That takes the same canvas and optimiser as before, and no mask.
        most_classes: of a BigGAN's, that are in the picture at once; None for all.
    """

    __pydantic_config__ = STRICT

    canvas: PartName = LATENT
    share: Annotated[float, real(0, 1)] = 1.0
    optimiser: PartName = "adam"
    learning_rate: Annotated[float, real(1e-6, 100)] = 0.1
    final_learning_rate: Annotated[float, real(0, 1)] = 1.0
    pyramid: Pyramid = (1.0,)
    total_variation: Weight = 0.0
    ema: Annotated[float, real(0, 0.999)] = 0.0
    cutouts: Annotated[int, whole(1, 512)] | None = None
    cut_method: PartName = "composed"
    cut_power: Annotated[float, real(0.1, 10)] = 1.0
    augmentations: Annotated[tuple[PartName, ...], Field(max_length=16)] | None = None
    scale: Annotated[float, real(0.1, 1)] = 1.0
    side: Annotated[int, whole(16, 65536)] | None = None
    carried: bool = False
    most_classes: Annotated[int, whole(1, 100_000)] | None = None

    def scale_of(self, shape: Shape) -> float:
        """Return at which scale a picture of a shape is painted, in (0, 1]."""
        return scale_of(shape, self.side, self.scale)


@dataclass(frozen=True, slots=True)
class SirenShape:
    """A network of sines, see ``generation.models.siren``; the defaults are deep-daze's.

    Args:
        layers: of sines.
        hidden: sines in each.
        w0: by which their arguments are multiplied.
    """

    __pydantic_config__ = STRICT

    layers: Annotated[int, whole(2, 64)] = 16
    hidden: Annotated[int, whole(1, 1024)] = 256
    w0: Annotated[float, real(1, 1000)] = 30.0


Shared = Annotated[tuple[Stage, ...], Field(min_length=1, max_length=16), AfterValidator(_complete)]
Stages = Annotated[Shared, AfterValidator(_each_has_steps)]


@dataclass(frozen=True, slots=True)
class Painters:
    """In which stages the other painters paint, which need no VQGAN.

    Args:
        fourier: by a spectrum.
        siren: by the weights of a network of sines.
        biggan: by the latents of a BigGAN.
        network: the shape of siren's.
        neural_style: by pixels, judged by a VGG.
    """

    __pydantic_config__ = STRICT

    fourier: Stages = (Stage("fourier", learning_rate=0.1, final_learning_rate=0.1),)
    siren: Stages = (Stage("siren", learning_rate=1e-4, final_learning_rate=0.1),)
    biggan: Stages = (Stage("biggan", learning_rate=0.07, ema=0.5),)
    network: SirenShape = SirenShape()
    neural_style: Stages = (
        Stage(NEURAL_STYLE, learning_rate=0.01, final_learning_rate=0.1, pyramid=PYRAMID, total_variation=0.2),
    )

    def stages(self) -> Mapping[str, tuple[Stage, ...]]:
        """Return those of each painter by its name."""
        return {"fourier": self.fourier, "siren": self.siren, BIGGAN: self.biggan, NEURAL_STYLE: self.neural_style}


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers of the painting loop that suit a set of weights.

    Weights that want others than the published ones say so in the ``recipe`` section of their YAML.

    Args:
        cutouts: views of the picture that the perceptor judges in each step.
        init: what the first stage starts from: ``noise`` or an even ``grey``.
        stages: one after the other, each starting from the picture that the one before it left.
        painters: other stages, for requests that name another painter.
        coarse_to_fine: stages in the place of those, of sizes and cutouts of their own, for requests that say nothing
            of how they grow and begin from no picture; None where they are painted like all others. Behind the second
            one shares may be 0.
        work: of a step, by which the time is foretold that a picture takes.
    """

    __pydantic_config__ = STRICT

    cutouts: Annotated[int, whole(1, 512)] = 32
    init: Literal["noise", "grey"] = "noise"
    stages: Stages = (Stage(),)
    painters: Painters = Painters()
    coarse_to_fine: Annotated[Shared, AfterValidator(_first_two_have_steps)] | None = None
    work: Work = OFFICIAL

    @classmethod
    def from_config(cls, section: Mapping[str, Any]) -> Self:
        """Return the recipe of a YAML section whose keys are the fields' names.

        Raises:
            pydantic.ValidationError: a key is no field, or a value is not allowed.
        """
        return TypeAdapter(cls).validate_json(json.dumps(section))

    @property
    def stages_of(self) -> Mapping[str, tuple[Stage, ...]]:
        """The stages of each painter by its name, the usual one first."""
        return {VQGAN: self.stages, **self.painters.stages()}

    @property
    def sections(self) -> Mapping[str, tuple[Stage, ...]]:
        """All stages by where they stand."""
        painters = {f"painters.{name.replace('-', '_')}": stages for name, stages in self.painters.stages().items()}
        return {"stages": self.stages, "coarse_to_fine": self.coarse_to_fine or (), **painters}

    def course(self, prior: str = "") -> Course:
        """Return what is painted by the recipe, with a prior of that name or without."""
        return Course(self._parts(self.stages), self._parts(self.coarse_to_fine or ()), self.work, prior)

    def _parts(self, stages: Sequence[Stage]) -> Parts:
        return tuple(
            CoursePart(each.share, each.canvas, each.side, each.scale, (each.cutouts or self.cutouts) / self.cutouts)
            for each in stages
        )

    def stages_for(self, request: ImagineRequest, *, prior: bool) -> tuple[Stage, ...]:
        """Return the stages in which a request is painted: what suits the models, with what it asks for.

        The picture of a prior stands in for the first of several. Of a request that asks for nothing in particular
        they are the recipe's. By a ``strength`` they are the last of its course: that share of all steps, or of a
        recipe's only stage that share of its learning rate. Those of a latent to begin from may be none.
        """
        preset = PRESETS[request.quality]
        coarse = self.coarse_to_fine if request.is_coarse_to_fine else None
        stages = coarse or self.stages_of[request.painter]
        stages = _without_repeated_passes(stages[1 if prior and len(stages) > 1 else 0 :], request.shape)
        if request.init_latent:
            stages = tuple(dropwhile(lambda stage: stage.canvas not in LATENT_CANVASES, stages))
        elif request.strength is not None:
            stages = _late(stages, request.strength)
        if not stages:
            return ()
        rates = [stage.learning_rate * _pace(request.optimiser, stage) for stage in stages]
        faster = 1.0 if request.rate is None else request.rate / rates[-1]
        chosen = [
            replace(
                stage,
                optimiser=stage.optimiser if request.optimiser == AUTO else request.optimiser,
                learning_rate=rate * faster,
                final_learning_rate=_either(request.final_rate, stage.final_learning_rate),
                total_variation=_either(request.smooth, stage.total_variation),
                ema=_either(request.ema, stage.ema),
                cutouts=request.cutouts or round((stage.cutouts or self.cutouts) * preset.cutouts),
                cut_method=stage.cut_method if request.cuts == AUTO else request.cuts,
                cut_power=_either(request.cut_power, stage.cut_power),
                augmentations=stage.augmentations if request.augment is None else request.augment,
                most_classes=request.most_classes or stage.most_classes,
            )
            for stage, rate in zip(stages, rates, strict=True)
        ]
        return _grown(_in_turn(chosen), 0.0 if coarse or request.init_latent else request.growth)


def last_step(stages: Sequence[Stage], number: int, steps: int) -> int:
    """Return after how many of all steps a stage is over, by its number from 0."""
    if number == len(stages) - 1:
        return steps
    shares = [stage.share for stage in stages]
    return round(steps * sum(shares[: number + 1]) / sum(shares))


def _either(asked: float | None, usual: float) -> float:
    return usual if asked is None else asked


def _pace(optimiser: str, stage: Stage) -> float:
    """Return how many times the learning rate of a stage another optimiser needs to go about as far."""
    if optimiser in (AUTO, stage.optimiser):
        return 1.0
    return _rate_of(optimiser) / _rate_of(stage.optimiser)


def _rate_of(optimiser: str) -> float:
    return EVOLUTION_RATE if optimiser in EVOLUTIONS else OPTIMISERS.get(optimiser, 1.0)


def _without_repeated_passes(stages: Sequence[Stage], shape: Shape) -> tuple[Stage, ...]:
    """Return stages without those of no steps that render a picture as the next one does again."""
    pairs = zip(stages, (*stages[1:], None), strict=True)
    return tuple(
        stage
        for stage, then in pairs
        if stage.share or then is None or (stage.canvas, stage.scale_of(shape)) != (then.canvas, then.scale_of(shape))
    )


def _in_turn(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Return stages of which those that have two optimisers, one after the other, are two."""
    parted: list[Stage] = []
    for stage in stages:
        if stage.optimiser != CMA_ADAM:
            parted.append(stage)
            continue
        first = replace(stage, optimiser=CMA, share=stage.share / 2)
        parted += [first, replace(first, optimiser="adam", learning_rate=stage.learning_rate / EVOLUTION_RATE)]
    return tuple(parted)


def _late(stages: Sequence[Stage], strength: float) -> tuple[Stage, ...]:
    """Return the last of the stages, for that share of all steps; of one that is left in part, its end."""
    if len(stages) == 1:
        return (replace(stages[0], learning_rate=stages[0].learning_rate * strength),)
    left, late = strength * sum(stage.share for stage in stages), []
    for stage in reversed(stages):
        share = min(stage.share, left)
        left -= share
        if not stage.share:
            late.append(stage)
        elif share > NOTHING:
            late.append(replace(_from(stage, 1 - share / stage.share), share=share))
    return tuple(reversed(late))


def _from(stage: Stage, passed: float) -> Stage:
    """Return a stage with the learning rates that are left when a share of its steps has passed."""
    floor = stage.final_learning_rate
    left = floor + (1 - floor) * (1 + cos(pi * passed)) / 2
    return replace(stage, learning_rate=stage.learning_rate * left, final_learning_rate=min(1.0, floor / left))


def _grown(stages: Sequence[Stage], share: float) -> tuple[Stage, ...]:
    """Return the stages of which the first are painted at half the size, for that share of all steps."""
    left, grown = share * sum(stage.share for stage in stages), []
    if not share:
        return tuple(stages)
    for stage in stages:
        small = min(stage.share, left)
        left -= small
        if small > NOTHING:
            grown.append(replace(stage, share=small, scale=stage.scale * HALF))
        if stage.share - small > NOTHING:
            grown.append(replace(stage, share=stage.share - small) if small > 0 else stage)
    return tuple(grown)
