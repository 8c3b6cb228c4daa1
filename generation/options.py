"""What can be chosen about how a picture is painted, by the names that flags, requests and recipes use."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

OPTIMISERS: Mapping[str, float] = {
    "adam": 1.0,
    "adamw": 1.0,
    "radam": 5.0,
    "adamax": 1.5,
    "adamp": 1.0,
    "diffgrad": 1.5,
    "adagrad": 3.0,
    "rmsprop": 0.5,
    "sgd": 300.0,
    "normalised": 9.0,
}
"""And the learning rate with which each goes about as far as Adam, in units of Adam's.

Measured with the pocket models, over 60 steps in pixels and in the latent. SGD regards the size of gradients, which
other models have smaller ones of.
"""

CMA = "cma"
CMA_ADAM = "cma-adam"
"""The one and then the other."""
CMA_MIXED = "cma-mixed"
"""Both in each step."""
POPULATION = 7.5
"""About how many steps with gradients the candidates of a step take without, for as many numbers as a BigGAN's."""
EVOLUTIONS: Mapping[str, float] = {CMA: POPULATION, CMA_ADAM: (POPULATION + 1) / 2, CMA_MIXED: POPULATION + 1}
"""Optimisers that move a population, for painters with few numbers; and the work of a step beside one of Adam's."""
EVOLUTION_RATE = 7.0
"""Standard deviation of a population at first, in units of Adam's learning rate: 0.5 where that is big-sleep's."""

VQGAN = "vqgan"
"""The usual painter, whose stages are the models' own."""


BIGGAN = "biggan"
"""The painter that knows classes."""
NEURAL_STYLE = "neural-style"
"""The painter that gives a picture the style of others, by a VGG."""
LEAST_TRUNCATION = 0.02
"""Of a BigGAN's latents: below the least statistics of the published ones."""
MOST_CLASSES = 1000
"""That can be asked for."""


@dataclass(frozen=True, slots=True)
class Painter:
    """How much work what is painted on is, beside a VQGAN.

    Args:
        most: pixels that are painted; a larger picture is computed from those.
        share: of the memory and the time that a pixel of a VQGAN takes.
        encodes: whether a painting can begin from a picture.
        evolves: whether it has few enough numbers for a population.
        has_scales: whether a picture can be painted at half the size first.
        has_latents: from which its pictures are decoded, so that walks go between them.
    """

    most: float = inf
    share: float = 1.0
    encodes: bool = True
    evolves: bool = False
    has_scales: bool = True
    has_latents: bool = False

    @property
    def grows(self) -> bool:
        """Whether a picture may be painted at half the size first; what is painted small anyway is not."""
        return self.has_scales and self.most == inf

    def pixels(self, width: int, height: int) -> float:
        """Return to how many pixels painted by a VQGAN a picture comes."""
        return self.share * min(self.most, width * height)


PAINTERS: Mapping[str, Painter] = {
    VQGAN: Painter(has_latents=True),
    "fourier": Painter(share=0.02),
    "siren": Painter(most=256 * 256, share=2.0),
    BIGGAN: Painter(most=256 * 256, share=0.3, encodes=False, evolves=True, has_latents=True),
    NEURAL_STYLE: Painter(share=0.4, has_scales=False),
}
"""By what ``--painter`` says; ``docs/painters.md`` tells of them."""

CUT_METHODS: Mapping[str, tuple[str, ...]] = {
    "composed": (),
    "crops": (),
    "pooled": ("affine", "perspective", "jitter", "erasing", "noise"),
}
"""And the augmentations that belong to each beside those that are part of it."""

AUGMENTATIONS = (
    "flip",
    "jitter",
    "sharpness",
    "noise",
    "heavy-noise",
    "perspective",
    "rotation",
    "affine",
    "elastic",
    "thin-plate",
    "crop",
    "resized-crop",
    "erasing",
)
"""Of the views."""

USUAL_CUTOUTS = 32
"""Views of a picture in each step with official weights."""
MOST_CUTOUTS = 128
"""That can be asked for."""
MOST_TIMES = 4
"""More views than suit the models that can be asked for."""
MOST_GROWN = 0.9
"""Of the steps that can be painted at half the size."""
HALF = 0.5
"""Of the sides, at which a picture begins that grows."""
LEAST_STILL, MOST_STILL = 5, 1000
"""Steps over which a picture has to stay the same to be still."""
LITTLE = 0.3
"""Share of the course of painting that makes a finished picture finer: of several stages it leaves out the first."""
OTHERWISE = 0.7
"""And that which makes something else of it."""

LEAST_ZOOM, MOST_ZOOM = 0.5, 2.0
"""How large a picture can become, beside what it was, when it is moved."""
MOST_SHIFT = 512.0
"""Pixels by which it can be shifted then."""
MOST_TURN = 180.0
"""Degrees by which it can be turned then."""
MOVE_EVERY = 10
"""Steps from one time to the next, nerdyrodent's."""
MOST_EVERY = 1000

MOST_FRAMES: Mapping[str, int] = {"mp4": 3000, "gif": 100, "webp": 150}
"""Of a film by its format; GIF and WebP take up more room and work for each."""
BETWEEN = 50
"""Frames of a walk from one picture to the next, where no number is named and the format has room for them."""
HOLD = 12
"""For which it rests at each, likewise."""

Quality = Literal["draft", "normal", "better", "best"]


@dataclass(frozen=True, slots=True)
class Preset:
    """What a quality means, beside what suits the models.

    Args:
        steps: times as many.
        cutouts: times as many.
        grow: share of the steps that is painted at half the size.
    """

    steps: float = 1.0
    cutouts: float = 1.0
    grow: float = 0.0


PRESETS: Mapping[Quality, Preset] = {
    "draft": Preset(steps=0.5, grow=0.6),
    "normal": Preset(),
    "better": Preset(steps=1.5, cutouts=1.5),
    "best": Preset(steps=2.0, cutouts=2.0),
}
"""By their names, from the quickest to the best; ``docs/presets.md`` says why these."""
