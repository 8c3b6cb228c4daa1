"""Styles: what turns a plain drawing into an ink drawing, a woodblock print, a pixel picture, on the whole picture."""

import math
import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from training.drawings.pen import SIZE

Style = Callable[[np.ndarray, random.Random], np.ndarray]

_PAPER = np.array([240, 228, 200], np.float32)
_Y, _X = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)


def _gray(picture: np.ndarray) -> np.ndarray:
    """Return lightness, float [128, 128] in [0, 1], stretched to the full range."""
    gray = picture.astype(np.float32) @ np.array([0.3, 0.59, 0.11], np.float32) / 255
    low, high = float(np.quantile(gray, 0.02)), float(np.quantile(gray, 0.98))
    stretched: np.ndarray = ((gray - low) / max(high - low, 0.15)).clip(0, 1)
    return stretched


def _edges(picture: np.ndarray, width: int = 3) -> np.ndarray:
    """Return how much of an outline there is, float [128, 128] in [0, 1]."""
    smooth = np.asarray(Image.fromarray(picture).filter(ImageFilter.BoxBlur(1)), np.float32) / 255
    down, across = np.zeros((SIZE, SIZE), np.float32), np.zeros((SIZE, SIZE), np.float32)
    down[1:-1] = np.abs(smooth[2:] - smooth[:-2]).max(2)
    across[:, 1:-1] = np.abs(smooth[:, 2:] - smooth[:, :-2]).max(2)
    line = ((np.maximum(down, across) - 0.1) * 5).clip(0, 1)
    thick = Image.fromarray((line * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(width))
    return np.asarray(thick, np.float32) / 255


def _noise(rng: random.Random, cells: int) -> np.ndarray:
    """Return smooth noise, float [128, 128] in [-1, 1]."""
    values = np.random.default_rng(rng.getrandbits(32)).uniform(-1, 1, (cells, cells)).astype(np.float32)
    return np.asarray(Image.fromarray(values).resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def _bytes(values: np.ndarray) -> np.ndarray:
    return values.clip(0, 255).astype(np.uint8)


def _black_and_white(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    del rng
    return _bytes(np.repeat(_gray(picture)[..., None] * 255, 3, 2))


def _sepia(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    del rng
    gray = _gray(picture)[..., None]
    return _bytes(np.array([50, 30, 14], np.float32) + gray * np.array([196, 178, 140], np.float32))


def _pixel_art(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    cells = rng.choice((16, 24))
    small = Image.fromarray(picture).resize((cells, cells), Image.Resampling.BOX)
    few = small.quantize(12, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    return np.asarray(few.resize((SIZE, SIZE), Image.Resampling.NEAREST))


def _ink(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """Black lines on paper, hatched or black where the picture is darker than at its edges."""
    paper = rng.choice((_PAPER, np.array([250, 249, 244], np.float32)))
    line = _edges(picture)
    shade = _gray(np.asarray(Image.fromarray(picture).filter(ImageFilter.BoxBlur(2))))
    around = float(np.median(np.concatenate([shade[0], shade[-1], shade[:, 0], shade[:, -1]])))
    hatch = (np.sin((_X + _Y) * math.pi / 3) > 0.1) * (shade < around - 0.3)
    dark = np.maximum(np.maximum(line, hatch * 0.85), (shade < around - 0.6) * 1.0)[..., None]
    return _bytes(paper * (1 - dark) + np.array([22, 22, 30], np.float32) * dark)


def _pencil(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """Gray lines and soft shading on white."""
    line = _edges(picture, 1) * 0.75
    shade = (1 - _gray(picture)) * 0.35 * (1 + 0.5 * np.sin((_X * 0.8 - _Y) * math.pi / 2.5))
    dark = np.maximum(line, shade + 0.12 * _noise(rng, 48))[..., None].clip(0, 0.85)
    return _bytes(np.repeat(250 * (1 - dark), 3, 2))


def _woodblock(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """Print a few flat faded colours on cream paper within dark blue outlines, and a margin."""
    flat = Image.fromarray(picture).filter(ImageFilter.ModeFilter(5)).quantize(6, method=Image.Quantize.MEDIANCUT)
    colors = np.asarray(flat.convert("RGB"), np.float32)
    faded = (colors * 0.68 + _PAPER * 0.32) * (1 + 0.05 * np.sin(_Y * rng.uniform(0.5, 1.2) + _noise(rng, 6) * 3))[
        ..., None
    ]
    line = _edges(picture)[..., None]
    print_ = faded * (1 - line) + np.array([30, 36, 70], np.float32) * line
    margin = rng.randint(4, 7)
    print_[:margin], print_[-margin:] = _PAPER, _PAPER
    print_[:, :margin], print_[:, -margin:] = _PAPER, _PAPER
    return _bytes(print_)


def _oil(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """Thick short strokes of strong colours that follow a swirl."""
    angle = _noise(rng, 4) * math.pi
    seeds = np.random.default_rng(rng.getrandbits(32))
    canvas = Image.fromarray(picture).filter(ImageFilter.ModeFilter(5))
    source = np.asarray(canvas, np.float32)
    noise = seeds.normal(0, 1, (SIZE, SIZE)).astype(np.float32)
    streaks, smeared = np.zeros((SIZE, SIZE), np.float32), np.zeros_like(source)
    for reach in (-4, -2, 0, 2, 4):
        y = (_Y + reach * np.sin(angle)).round().astype(int).clip(0, SIZE - 1)
        x = (_X + reach * np.cos(angle)).round().astype(int).clip(0, SIZE - 1)
        streaks += noise[y, x] / 5
        smeared += source[y, x] / 5
    vivid = smeared + (smeared - smeared.mean(2, keepdims=True)) * 0.35
    return _bytes(vivid + streaks[..., None] * 44)


def _watercolour(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """Thin washes that run at their edges, fading into white paper."""
    y = (_Y + 3 * _noise(rng, 12)).round().astype(int).clip(0, SIZE - 1)
    x = (_X + 3 * _noise(rng, 12)).round().astype(int).clip(0, SIZE - 1)
    wash = np.asarray(Image.fromarray(picture[y, x]).filter(ImageFilter.BoxBlur(2)), np.float32)
    light = 255 - (255 - wash) * (0.72 + 0.18 * _noise(rng, 8)[..., None])
    pooled = light - 40 * _edges(np.asarray(wash, np.uint8), 1)[..., None]
    border = np.minimum.reduce([_X, _Y, SIZE - 1 - _X, SIZE - 1 - _Y]) + 5 * _noise(rng, 9)
    inside = ((border - 6) / 8).clip(0, 1)[..., None]
    return _bytes(pooled * inside + 252 * (1 - inside))


def _neon(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """Glowing outlines in the dark, in the colours of what they surround."""
    del rng
    line = _edges(picture, 3)[..., None]
    near = np.asarray(Image.fromarray(picture).filter(ImageFilter.MaxFilter(5)), np.float32) / 255
    color = near - near.min(2, keepdims=True) * 0.8
    color = color / color.max(2, keepdims=True).clip(0.15) * 255
    lit = color * line
    glow = Image.fromarray(_bytes(lit)).filter(ImageFilter.BoxBlur(4))
    return _bytes(np.array([10, 6, 24], np.float32) + lit + 0.9 * np.asarray(glow, np.float32))


def _mosaic(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """Coloured panes between black lines, as in a church window."""
    seeds = np.random.default_rng(rng.getrandbits(32))
    cells = 9
    grid = np.stack(np.meshgrid(np.arange(cells), np.arange(cells)), -1).reshape(-1, 2)
    spots = (grid + 0.5 + seeds.uniform(-0.38, 0.38, grid.shape)) * SIZE / cells
    far = (_X[..., None] - spots[:, 0]) ** 2 + (_Y[..., None] - spots[:, 1]) ** 2
    two = np.partition(far, 1, axis=2)[..., :2]
    pane = far.argmin(2)
    count = np.bincount(pane.ravel(), minlength=len(spots)).clip(1)
    means = [np.bincount(pane.ravel(), picture[..., k].ravel(), minlength=len(spots)) / count for k in range(3)]
    colors = np.stack(means, 1)[pane]
    vivid = colors + (colors - colors.mean(2, keepdims=True)) * 0.5
    lead = (np.sqrt(two[..., 1]) - np.sqrt(two[..., 0]) < 1.6)[..., None]
    return _bytes(np.where(lead, 20, vivid))


STYLES: dict[str, tuple[Style, tuple[str, ...]]] = {
    "black and white": (
        _black_and_white,
        ("{}, black and white", "a black and white photo of {}", "{} in black and white"),
    ),
    "sepia": (_sepia, ("{}, sepia", "an old photo of {}", "a sepia photo of {}")),
    "pixel art": (_pixel_art, ("{}, pixel art", "pixel art of {}", "{} in pixels")),
    "ink": (_ink, ("{}, ink drawing", "an ink drawing of {}", "a black ink drawing of {}")),
    "pencil": (_pencil, ("{}, pencil drawing", "a pencil drawing of {}", "a sketch of {}")),
    "woodblock": (_woodblock, ("{}, woodblock print", "a woodblock print of {}", "a japanese print of {}")),
    "oil": (_oil, ("{}, oil painting", "an oil painting of {}", "{} in oil")),
    "watercolour": (
        _watercolour,
        ("{}, watercolour", "a watercolour of {}", "{}, watercolor", "a watercolor painting of {}"),
    ),
    "neon": (_neon, ("{}, neon", "a neon sign of {}", "{} in neon lights")),
    "mosaic": (_mosaic, ("{}, mosaic", "a mosaic of {}", "{}, stained glass", "a stained glass window of {}")),
}
