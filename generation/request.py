"""What travels down: the one request type between whoever asks and whoever paints."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter
from pydantic_core import from_json, to_json

from config.settings.models import DEFAULT_MODEL
from generation.course import (
    Course,
    Part,
    Parts,
    after_first,
    by_latent,
    halved,
    late,
    painted_pixels,
    passed_pixels,
    scale_of,
    step_cost,
    steps_of,
)
from generation.fields import (
    MOST_STEPS,
    MOST_TARGETS,
    STRICT,
    Classes,
    Digest,
    Name,
    Pixels,
    Pull,
    Seed,
    Shift,
    Text,
    Weight,
)
from generation.load import Kind, Load
from generation.options import (
    BETWEEN,
    EVOLUTIONS,
    HOLD,
    LEAST_STILL,
    LEAST_TRUNCATION,
    LEAST_ZOOM,
    MOST_CLASSES,
    MOST_CUTOUTS,
    MOST_EVERY,
    MOST_FRAMES,
    MOST_GROWN,
    MOST_STILL,
    MOST_TURN,
    MOST_ZOOM,
    MOVE_EVERY,
    PAINTERS,
    PRESETS,
    USUAL_CUTOUTS,
    VQGAN,
    Painter,
    Quality,
)
from generation.sizes import Shape
from generation.targets import MOST_STEERING, WITHOUT, Steering, Target
from generation.versions import VERSION, brought_up
from generation.waypoint import MOST_WAYPOINTS, Waypoint

MOVING = 1.0
"""Steps whose painting takes as long as moving a picture does, which is decoded and encoded for it."""

AUTO = "auto"
"""Whatever suits the models."""
NOISE = "noise"
"""Nothing to begin from."""
PNG = "png"
FILMS = ("mp4", "gif", "webp")
"""Outputs that show how the picture came about."""
LATENT = "safetensors"
"""Output of what the picture is decoded from."""
OUTPUTS = (PNG, *FILMS, LATENT)
OFFICIAL = Course()
"""What is painted by weights that say nothing of it."""
FRAME = 1 / 3
"""Work of a frame of a walk beside painting its pixels in a step: it is decoded, and needs no gradient."""
PASSING = 2 * FRAME
"""Work of a stage without steps, likewise: the picture is encoded too."""
OF_START = ("strength", "variation")
"""Fields that say something of a picture to begin from, and nothing where there is none."""
OF_FILM = ("fps", "length", "dwell", "fade")
"""Likewise of a film."""
LEAST_STOP = 10
"""Percent of the steps."""
LONGEST_JSON = 100_000
"""Characters of a request that is read."""


@dataclass(frozen=True, slots=True)
class ImagineRequest:
    """One picture to be painted, or a walk between several.

    Args:
        id: unique among all requests; events carry it back.
        prompt: what to paint, as it was typed and as it is shown.
        seed: ``0 <= seed < 2**32``; when it repeats a picture, ``generation.engine.engine.Engine`` says.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        steps: of the optimiser, at least 1.
        member: opaque key of the one who asked; the scheduler is fair between members.
        init: what to begin from: ``auto``, ``noise`` or the name of a prior that the models bring; ``auto`` is the
            prior unless it is a story, of which that would paint one part only.
        guild: opaque key of where it was asked for.
        targets: what the picture is judged by; see :attr:`judged_by`.
        init_picture: SHA-256 of an encoded picture to begin from, in hexadecimal; ``""`` for none.
        canvas: what is optimised, by its painter: ``auto``, which is ``vqgan``, or one of
            ``generation.options.PAINTERS``.
        optimiser: by what; ``auto`` or a name that the models' recipe knows.
        outputs: what is made of it, of :data:`OUTPUTS`; a PNG always.
        init_weight: pull of what the painting began with, see ``generation.engine.batch.pull``; 0 for none.
        fit: how pictures of another shape are made to fit, their aspect kept: ``crop`` cuts off what is too much,
            ``pad`` goes on with their edges where something is missing.
        mask: SHA-256 of an encoded picture, in hexadecimal; ``""`` for none. White is where the picture to begin from
            is painted on, black where it stays.
        without: texts to keep away from, beside the targets.
        noise: seeds of random directions, each with its weight, beside the targets.
        long: what becomes of texts that are longer than a perceptor reads at once: ``join`` encodes them in pieces,
            ``cut`` leaves the rest out.
        quality: what suits whoever asks: it stands for the following where they are None.
        rate: learning rate of the last stage of the models' recipe; the others' change in proportion.
        final_rate: share of the learning rate that is left at the end of each stage.
        ema: share of the old mean in the mean of what is optimised that is shown, 0 to show it as it is.
        smooth: weight of the total variation, which evens the picture out.
        cutouts: views of the picture that are judged in each step.
        cuts: how they are cut; ``auto`` or a name in ``generation.options``.
        cut_power: more than 1 makes small cuts more frequent, where they are of random sizes.
        augment: how they are changed, by names in ``generation.options``; None for what belongs to the cuts.
        grow: share of the steps that is painted at half the size; None for what suits models and quality.
        strength: share of the recipe's course that is painted on a picture to begin from: less keeps more of it, None
            paints all; see ``generation.recipe.Recipe.stages_for``.
        variation: how far a picture to begin from is bent at random, in shares of half its sides; see
            ``generation.canvas.bent``.
        init_latent: SHA-256 of the file of a latent to begin exactly from, see ``generation.latents``; ``""`` for none.
            The stages before the first that paints by it are left out.
        fps: pictures of a film in a second; None for what suits its length.
        length: of a film, in seconds; None for as long as its pictures last.
        zoom: times as large the picture becomes whenever it is moved, about its middle.
        pan: by how many pixels it is shifted then, to the right and down.
        rotate: by how many degrees it is turned then, clockwise.
        move_every: so many steps it is moved, if it is at all; these are then the pictures of a film.
        dwell: seconds for which a film shows the finished picture at its end; None for what suits its length.
        fade: seconds over which a film comes out of black at its beginning, and goes into it at its end.
        steering: what was said while it was painted, in that order: of two about one text the later counts.
        stop: percent of the steps after which it ends, as it is then: all that changes over the steps does so as if
            it went on.
        chaos: percent of random clouds in what it begins from: of 100 it begins from nothing but them.
        waypoints: pictures that a walk passes, in that order, see ``generation.engine.walks``; none where it is
            one picture. What else is asked for holds for each that is painted, ``steps`` too; outputs are of the walk.
        between: frames of a walk from one picture to the next, at least 1.
        hold: further frames for which it rests at each.
        loop: whether it goes on from the last to the first.
        model: that paints and judges it, by the name that the operator gave it.
        classes: of a BigGAN's, by their names, from which it begins, and how much of each.
        truncation: by which a BigGAN's latents are multiplied that it begins from: less is more usual and less varied.
        most_classes: that are in a picture at once, of a BigGAN's; None for any number.
        until_still: it ends where nothing has changed over so many steps, see ``generation.engine.stillness``; None to
            paint on.
    """

    __pydantic_config__ = STRICT

    id: Name
    prompt: Text
    seed: Seed
    width: Pixels
    height: Pixels
    steps: Annotated[int, Field(ge=1, le=MOST_STEPS)]
    member: Name = ""
    init: Name = AUTO
    guild: Name = ""
    targets: Annotated[tuple[Target, ...], Field(max_length=64)] = ()
    init_picture: Digest = ""
    canvas: Name = AUTO
    optimiser: Name = AUTO
    outputs: Annotated[tuple[Name, ...], Field(max_length=16)] = (PNG,)
    init_weight: Pull = 0.0
    fit: Literal["crop", "pad"] = "crop"
    mask: Digest = ""
    without: Annotated[tuple[Text, ...], Field(max_length=MOST_TARGETS)] = ()
    noise: Annotated[tuple[tuple[Seed, Weight], ...], Field(max_length=MOST_TARGETS)] = ()
    long: Literal["join", "cut"] = "join"
    quality: Quality = "normal"
    rate: Annotated[float, Field(ge=1e-6, le=100)] | None = None
    final_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    ema: Annotated[float, Field(ge=0, le=0.999)] | None = None
    smooth: Annotated[float, Field(ge=0, le=1000)] | None = None
    cutouts: Annotated[int, Field(ge=1, le=MOST_CUTOUTS)] | None = None
    cuts: Name = AUTO
    cut_power: Annotated[float, Field(ge=0.1, le=10)] | None = None
    augment: Annotated[tuple[Name, ...], Field(max_length=16)] | None = None
    grow: Annotated[float, Field(ge=0, le=MOST_GROWN)] | None = None
    strength: Annotated[float, Field(ge=0.01, le=1)] | None = None
    variation: Annotated[float, Field(ge=0, le=1)] = 0.0
    init_latent: Digest = ""
    fps: Annotated[float, Field(ge=1, le=60)] | None = None
    length: Annotated[float, Field(ge=1, le=600)] | None = None
    zoom: Annotated[float, Field(ge=LEAST_ZOOM, le=MOST_ZOOM)] = 1.0
    pan: tuple[Shift, Shift] = (0.0, 0.0)
    rotate: Annotated[float, Field(ge=-MOST_TURN, le=MOST_TURN)] = 0.0
    move_every: Annotated[int, Field(ge=1, le=MOST_EVERY)] = MOVE_EVERY
    dwell: Annotated[float, Field(ge=0, le=60)] | None = None
    fade: Annotated[float, Field(ge=0, le=10)] = 0.0
    steering: Annotated[tuple[Steering, ...], Field(max_length=MOST_STEERING)] = ()
    stop: Annotated[int, Field(ge=LEAST_STOP, le=100)] = 100
    chaos: Annotated[int, Field(ge=0, le=100)] = 0
    waypoints: Annotated[tuple[Waypoint, ...], Field(max_length=MOST_WAYPOINTS)] = ()
    between: Annotated[int, Field(ge=1, le=MOST_FRAMES["mp4"])] = BETWEEN
    hold: Annotated[int, Field(ge=0, le=MOST_FRAMES["mp4"])] = HOLD
    loop: bool = False
    model: Name = DEFAULT_MODEL
    classes: Classes = ()
    truncation: Annotated[float, Field(ge=LEAST_TRUNCATION, le=1)] = 1.0
    most_classes: Annotated[int, Field(ge=1, le=MOST_CLASSES)] | None = None
    until_still: Annotated[int, Field(ge=LEAST_STILL, le=MOST_STILL)] | None = None

    @property
    def judged_by(self) -> tuple[Target, ...]:
        """All targets: those that were named, or else the prompt; what the picture is to be without; and noise.

        Their weights are those after all steering, which may have added some; see :meth:`until`.
        """
        avoided = (Target(text, weight=WITHOUT / len(self.without)) for text in self.without)
        noise = (Target(noise=seed, weight=weight) for seed, weight in self.noise)
        targets = *(self.targets or (Target(self.prompt),)), *avoided, *noise
        for steering in self.steering:
            targets = steering.changed(targets)
        return targets

    def until(self, step: int) -> "ImagineRequest":
        """Return the request with no more steering than counts in a step, counted from 0."""
        if all(steering.step <= step for steering in self.steering):
            return self
        return replace(self, steering=tuple(each for each in self.steering if each.step <= step))

    @property
    def has_aim(self) -> bool:
        """Whether in each of its parts there is something to come near to, and not only to keep away from."""
        parts = {target.part for target in self.judged_by} - {None} or {None}
        aims = {target.part for target in self.judged_by if target.weight > 0}
        return None in aims or parts <= aims

    @property
    def is_story(self) -> bool:
        """Whether its parts follow one another."""
        return len({target.part for target in self.targets} - {None}) > 1

    @property
    def is_moving(self) -> bool:
        """Whether the picture is moved between steps."""
        return (self.zoom, self.pan, self.rotate) != (1, (0, 0), 0)

    @property
    def pictures(self) -> frozenset[str]:
        """SHA-256 of all pictures that it takes to paint it, and of the latent."""
        named = (self.init_picture, self.mask, *(target.picture for target in self.targets))
        passed = (waypoint.picture for waypoint in self.waypoints)
        return frozenset(filter(None, (*named, *passed))) | self.latents

    @property
    def latents(self) -> frozenset[str]:
        """SHA-256 of all files of latents among them."""
        return frozenset(filter(None, (self.init_latent, *(waypoint.latent for waypoint in self.waypoints))))

    @property
    def pointless(self) -> list[str]:
        """Names of fields that say something about what there is not: a picture to begin from, or a movement."""
        of_start = [] if self.init_picture else [name for name in OF_START if getattr(self, name)]
        return of_start + ["move_every"] * (self.move_every != MOVE_EVERY and not self.is_moving)

    @property
    def shape(self) -> Shape:
        """Width and height."""
        return self.width, self.height

    @property
    def kind(self) -> Kind:
        """With which others it can share a batch."""
        return Kind(self.shape, self.model)

    @property
    def growth(self) -> float:
        """Share of the steps that is painted at half the size, where models do not paint from coarse to fine."""
        if not PAINTERS.get(self.painter, Painter()).grows:
            return 0.0
        return PRESETS[self.quality].grow if self.grow is None else self.grow

    @property
    def is_coarse_to_fine(self) -> bool:
        """Whether it is painted from coarse to fine where that suits the models.

        What goes on from a picture, or is moved, would lose what it has.
        """
        is_plain = self.painter == VQGAN and self.grow is None
        return is_plain and not (self.init_picture or self.init_latent or self.is_moving)

    @property
    def end_step(self) -> int:
        """After how many of its steps it ends, at least 1; the frames of a walk are steps too."""
        if self.waypoints:
            return self.painting_steps + self.frames
        return max(1, round(self.steps * self.stop / 100))

    @property
    def painting_steps(self) -> int:
        """Steps of a walk in which its pictures are painted, before its first frame."""
        return sum(picture.end_step for picture in self.walk_pictures if picture is not None)

    @property
    def frames(self) -> int:
        """Pictures of the film of a walk: without ``loop`` it ends at the last one, for which it rests too."""
        count = len(self.waypoints)
        whole = (count if self.loop else count - 1) * (self.between + self.hold)
        return whole if self.loop else whole + 1 + self.hold

    @property
    def walk_pictures(self) -> "tuple[ImagineRequest | None, ...]":
        """The requests for the pictures that a walk passes, with latents to be kept; None for one that is there."""
        alone = replace(self, waypoints=(), outputs=(PNG, LATENT), fps=None, dwell=None, fade=0.0, until_still=None)
        return tuple(
            replace(
                alone,
                id=f"{self.id}.{number}",
                prompt=each.prompt,
                targets=(),
                seed=self.seed if each.seed is None else each.seed,
            )
            if each.prompt
            else None
            for number, each in enumerate(self.waypoints)
        )

    @property
    def load(self) -> Load:
        """What each step asks of a device."""
        times = PRESETS[self.quality].cutouts if self.cutouts is None else 1.0
        return Load(self.shape, self.cutouts, times, self.painter, self.model)

    @property
    def painter(self) -> str:
        """Name of the painter, also where none was asked for."""
        return VQGAN if self.canvas == AUTO else self.canvas

    def cost(self, usual: int = USUAL_CUTOUTS, course: Course = OFFICIAL, since: int = 0) -> int:
        """Return how much work the picture is, in pixels painted.

        Args:
            usual: cutouts that the models are shown.
            course: what they paint where nothing else is asked for.
            since: so many steps are done already.
        """
        if self.waypoints:
            pictures = sum(picture.cost(usual, course) for picture in self.walk_pictures if picture is not None)
            whole = pictures + round(FRAME * painted_pixels(self.shape, self.painter) * self.frames)
            return round(whole * (self.end_step - since) / self.end_step)
        views, parts = self.load.views(usual) / usual, self._parts(course)
        painted = 0.0
        for steps, part in steps_of(parts, self.steps, since, self.end_step):
            cutouts = views if self.cutouts else views * part.cutouts
            scale = scale_of(self.shape, part.side, part.scale)
            painted += steps * course.work.of(self.shape, cutouts, scale, part.canvas)
        passed = PASSING * passed_pixels(parts, self.shape)
        moves = (self.end_step - 1) // self.move_every - since // self.move_every if self.is_moving else 0
        moved = MOVING * self.width * self.height * max(0, moves)
        return round(EVOLUTIONS.get(self.optimiser, 1.0) * painted + passed + moved)

    def _parts(self, course: Course) -> Parts:
        """Return the parts of its course."""
        if self.painter != VQGAN:
            return halved((Part(canvas=self.painter),), self.growth)
        is_coarse = self.is_coarse_to_fine and bool(course.coarse_to_fine)
        parts = course.coarse_to_fine if is_coarse else course.plain
        if self.begins_with(course.prior):
            parts = after_first(parts)
        elif self.init_latent:
            return by_latent(parts)
        elif self.strength is not None:
            parts = late(parts, self.strength)
        return parts if is_coarse else halved(parts, self.growth)

    def work_left(self, usual: int = USUAL_CUTOUTS, course: Course = OFFICIAL, since: int = 0) -> float:
        """Return how much work is left as of :meth:`cost`, in steps of a picture of its shape by official weights."""
        return self.cost(usual, course, since) / step_cost(self.shape)

    def begins_with(self, prior: str) -> bool:
        """Return whether it begins with a picture by a prior, of that name: it knows what words mean, and no pictures.

        ``""`` is none. A story does not, unless it says so: that would paint one part of it only.
        """
        usual = self.init == AUTO and self.painter == VQGAN and not self.is_story
        named = prior and (usual or self.init == prior)
        wanted = any(target.text and target.weight > 0 for target in self.judged_by)
        return bool(named and wanted and not (self.init_picture or self.init_latent))

    @property
    def count(self) -> int:
        """As how many pictures it counts where those of a day are counted: a walk as what costs as much, at least 1."""
        if not self.waypoints:
            return 1
        return max(1, round(self.cost() / replace(self, waypoints=()).cost()))

    @property
    def slug(self) -> str:
        """A name for the picture's file, without a suffix: ``a-lighthouse-in-a-storm-7``."""
        plain = unicodedata.normalize("NFKD", self.prompt).encode("ascii", "ignore").decode().lower()
        words = "-".join(re.findall(r"[a-z0-9]+", plain))[:40].strip("-")
        return f"{words or 'picture'}-{self.seed}"

    @property
    def anonymous(self) -> "ImagineRequest":
        """The request without who asked for it, who steered it, and where."""
        return replace(self, member="", guild="", steering=tuple(replace(each, by="") for each in self.steering))

    def to_json(self) -> str:
        """Return the request as one line of JSON with its version, as the PNG carries it."""
        fields: dict[str, Any] = _adapter().dump_python(self)
        return to_json({"version": VERSION, **fields}, ensure_ascii=True).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote, in any version; it may come from anybody.

        Raises:
            ValueError: it is no request, or one of a later version.
        """
        fields = from_json(text.encode(), allow_inf_nan=False) if len(text) <= LONGEST_JSON else None
        if not isinstance(fields, Mapping):
            raise ValueError("It is no request.")
        request: Self = _adapter().validate_json(to_json(brought_up(fields)))
        return request


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(ImagineRequest)
