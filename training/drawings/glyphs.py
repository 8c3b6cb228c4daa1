"""Things from the font Noto Color Emoji (SIL Open Font License 1.1): animals, food, instruments, vehicles, people."""

import random
from functools import cache
from pathlib import Path

import numpy as np
import skia
from PIL import Image, ImageDraw, ImageFont

from training.drawings.colors import COLORS, Color, distance
from training.drawings.pen import Pen
from training.drawings.thing import Draw, Thing

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
"""Where the Debian package fonts-noto-color-emoji puts it."""

_STRIKE = 109  # pixels, the one size that the font has
_NATURAL = 60.0  # a colour that is nearer than this to the glyph's own leaves it as it is


@cache
def _pixels(character: str) -> np.ndarray:
    """Return a glyph cut to its edges, premultiplied RGBA in [0, 1]."""
    page = Image.new("RGBA", (200, 200))
    ImageDraw.Draw(page).text((20, 30), character, font=ImageFont.truetype(FONT, _STRIKE), embedded_color=True)
    pixels = np.asarray(page.crop(page.getbbox()), np.float32) / 255
    pixels[..., :3] *= pixels[..., 3:]
    return pixels


@cache
def _image(character: str) -> skia.Image:
    return _skia(_pixels(character))


def _skia(pixels: np.ndarray) -> skia.Image:
    data = np.ascontiguousarray((pixels.clip(0, 1) * 255).round().astype(np.uint8))
    return skia.Image.fromarray(data, colorType=skia.ColorType.kRGBA_8888_ColorType, copy=True)


def _tinted(character: str, color: Color) -> skia.Image:
    """Return the glyph in one colour, its lights and darks kept."""
    pixels = _pixels(character)
    alpha = pixels[..., 3:]
    light = pixels[..., :3].mean(2, keepdims=True)
    light = light / max(float(light.sum() / alpha.sum()), 0.05)
    paint = np.asarray(color, np.float32) / 255
    shaded = paint * np.minimum(light, 1.0) + (alpha - paint) * np.clip(light - 1.0, 0, 1)[..., :1] * 0.6
    return _skia(np.concatenate([np.clip(shaded, 0, alpha), alpha], 2))


def _glyph(character: str, natural: str) -> Draw:
    def draw(pen: Pen, color: Color, rng: random.Random) -> None:
        del rng
        plain = distance(color, COLORS[natural]) < _NATURAL
        pen.image(_image(character) if plain else _tinted(character, color))

    return draw


LAND = ("land", "plain")
SEA = ("sea", "water", "plain")
SKY = ("sky", "plain")
HOME = ("table", "plain")
ONLY = ("plain",)


def _thing(
    character: str, names: str, color: str, places: tuple[str, ...], recolored: float = 0.15, colored_name: float = 0.35
) -> Thing:
    return Thing(tuple(names.split("/")), _glyph(character, color), (color,), places, recolored, colored_name)


def _many_colored(character: str, names: str, color: str, places: tuple[str, ...]) -> Thing:
    """Return a thing of several colours, which no caption tells; the one named is its mean."""
    return _thing(character, names, color, places, 0.0, 0.0)


BEASTS = (
    _thing("🐱", "cat/kitty/kitten/cat face", "orange", LAND, 0.3, 0.5),
    _thing("🐈", "cat/kitty", "orange", LAND, 0.25, 0.5),
    _thing("🐶", "dog/puppy/dog face", "brown", LAND, 0.2, 0.3),
    _thing("🐕", "dog/puppy", "orange", LAND, 0.15, 0.0),
    _thing("🐎", "horse/pony", "brown", LAND, 0.25),
    _many_colored("🐄", "cow", "white", LAND),
    _thing("🐷", "pig/piglet", "pink", LAND, 0.05, 0.5),
    _thing("🐑", "sheep/lamb", "white", LAND, 0.1, 0.3),
    _thing("🐪", "camel", "orange", LAND, 0.0, 0.0),
    _thing("🐘", "elephant", "gray", LAND, 0.2),
    _thing("🦒", "giraffe", "orange", LAND, 0.0, 0.0),
    _thing("🦁", "lion", "orange", LAND, 0.05, 0.1),
    _thing("🐯", "tiger", "orange", LAND, 0.05, 0.1),
    _thing("🐻", "bear", "brown", LAND, 0.2, 0.5),
    _many_colored("🐼", "panda/panda bear", "white", LAND),
    _thing("🐨", "koala", "gray", LAND, 0.0, 0.1),
    _thing("🐰", "rabbit/bunny", "gray", LAND, 0.3, 0.2),
    _thing("🐭", "mouse", "gray", LAND, 0.15, 0.4),
    _thing("🐸", "frog/toad", "green", LAND, 0.1, 0.5),
    _thing("🐵", "monkey/ape", "brown", LAND, 0.05, 0.2),
    _thing("🦊", "fox", "orange", LAND, 0.1, 0.3),
    _thing("🐺", "wolf", "gray", LAND, 0.1, 0.3),
    _thing("🦌", "deer/stag", "brown", LAND, 0.05, 0.2),
    _many_colored("🦓", "zebra", "gray", LAND),
    _thing("🦛", "hippo/hippopotamus", "brown", LAND, 0.0, 0.1),
    _thing("🦘", "kangaroo", "brown", LAND, 0.0, 0.1),
    _thing("🦔", "hedgehog/porcupine", "brown", LAND, 0.0, 0.1),
    _thing("🐿", "squirrel/chipmunk", "brown", LAND, 0.05, 0.2),
    _thing("🦇", "bat", "brown", SKY, 0.1, 0.2),
    _many_colored("🐓", "rooster/cock", "brown", LAND),
    _many_colored("🐔", "chicken/hen", "white", LAND),
    _thing("🐤", "chick/baby chick", "yellow", LAND, 0.05, 0.5),
    _thing("🐦", "bird/little bird", "blue", ("land", "sky", "plain"), 0.35, 0.7),
    _many_colored("🦅", "eagle", "brown", SKY),
    _thing("🦢", "swan", "white", ("sea", "plain"), 0.1, 0.3),
    _thing("🦉", "owl", "brown", LAND, 0.1, 0.3),
    _thing("🦩", "flamingo", "pink", ("land", "sea", "plain"), 0.0, 0.3),
    _many_colored("🦚", "peacock", "turquoise", LAND),
    _many_colored("🦜", "parrot", "green", LAND),
    _thing("🐊", "crocodile/alligator", "green", LAND, 0.0, 0.2),
    _thing("🐍", "snake", "green", LAND, 0.15, 0.5),
    _thing("🦕", "dinosaur", "green", LAND, 0.2, 0.4),
    _thing("🐳", "whale", "blue", SEA, 0.1, 0.4),
    _thing("🐬", "dolphin", "blue", SEA, 0.1, 0.3),
    _thing("🦈", "shark", "gray", SEA, 0.1, 0.3),
    _thing("🐙", "octopus/squid", "red", SEA, 0.3, 0.4),
    _thing("🦀", "crab", "orange", ("land", "water", "plain"), 0.15, 0.3),
    _thing("🦞", "lobster", "red", ("water", "plain"), 0.1, 0.4),
    _many_colored("🐝", "bee/bumblebee", "yellow", SKY),
    _thing("🐜", "ant", "gray", LAND, 0.2, 0.2),
    _thing("🐛", "caterpillar/worm", "green", LAND, 0.1, 0.4),
    _thing("🦄", "unicorn", "white", LAND, 0.1, 0.2),
)

PEOPLE = (
    _many_colored("👩", "woman/lady/girl", "yellow", LAND),
    _many_colored("👨", "man/face/boy", "yellow", LAND),
    _many_colored("👸", "princess/queen", "yellow", LAND),
    _many_colored("🧙", "wizard/witch", "blue", LAND),
    _many_colored("🧜", "mermaid", "turquoise", SEA),
    _many_colored("🎅", "santa claus/santa", "red", LAND),
    _many_colored("🤡", "clown", "white", LAND),
    _thing("👽", "alien", "gray", ("land", "space", "plain"), 0.4, 0.4),
    _thing("💀", "skull", "gray", HOME, 0.15, 0.2),
)

MEALS = (
    _thing("🍅", "tomato", "red", HOME, 0.05, 0.4),
    _many_colored("🍍", "pineapple", "yellow", HOME),
    _thing("🍑", "peach", "pink", HOME, 0.0, 0.1),
    _thing("🥑", "avocado", "green", HOME, 0.0, 0.3),
    _thing("🍆", "eggplant/aubergine", "purple", HOME, 0.05, 0.4),
    _many_colored("🌽", "corn/ear of corn", "yellow", HOME),
    _thing("🌶", "chili pepper/pepper", "red", HOME, 0.15, 0.4),
    _thing("🥦", "broccoli", "green", HOME, 0.0, 0.2),
    _thing("🍞", "bread/loaf of bread", "orange", HOME, 0.0, 0.0),
    _thing("🧀", "cheese/piece of cheese", "yellow", HOME, 0.0, 0.0),
    _many_colored("🍕", "pizza/slice of pizza", "orange", HOME),
    _many_colored("🍔", "hamburger/burger", "brown", HOME),
    _many_colored("🍟", "french fries/fries", "red", HOME),
    _many_colored("🍩", "donut/doughnut", "brown", HOME),
    _thing("🍪", "cookie/biscuit", "brown", HOME, 0.0, 0.0),
    _thing("🍭", "lollipop", "pink", HOME, 0.0, 0.0),
    _many_colored("🧁", "cupcake/muffin", "white", HOME),
    _many_colored("🍺", "beer/glass of beer", "orange", HOME),
    _many_colored("🍷", "wine/glass of wine", "gray", HOME),
)

GEAR = (
    _thing("🎸", "guitar/electric guitar", "red", HOME, 0.3, 0.5),
    _thing("🎻", "violin/fiddle", "brown", HOME, 0.1, 0.2),
    _thing("🎺", "trumpet/horn", "orange", HOME, 0.1, 0.1),
    _many_colored("🎹", "piano/keyboard", "white", ONLY),
    _thing("🥁", "drum", "red", HOME, 0.2, 0.4),
    _many_colored("⚽", "football/soccer ball", "white", ("land", "table", "plain")),
    _thing("🏀", "basketball", "orange", ("land", "table", "plain"), 0.0, 0.2),
    _many_colored("🎲", "die/dice", "white", HOME),
    _thing("🧸", "teddy bear", "brown", HOME, 0.2, 0.4),
    _thing("👑", "crown", "yellow", HOME, 0.1, 0.2),
    _thing("👟", "shoe/sneaker", "blue", HOME, 0.4, 0.7),
    _thing("👢", "boot", "brown", HOME, 0.3, 0.5),
    _thing("👗", "dress", "blue", ONLY, 0.5, 0.8),
    _thing("👕", "shirt", "turquoise", ONLY, 0.6, 0.5),
    _thing("👓", "glasses", "gray", HOME, 0.3, 0.3),
    _thing("🪑", "chair", "brown", LAND, 0.3, 0.5),
    _many_colored("🛏", "bed", "blue", ONLY),
    _thing("🚪", "door", "brown", LAND, 0.4, 0.6),
    _thing("☎", "telephone/phone", "red", HOME, 0.3, 0.6),
    _thing("📷", "camera", "gray", HOME, 0.2, 0.3),
    _thing("💻", "computer/laptop", "gray", HOME, 0.0, 0.1),
    _thing("📺", "television", "gray", HOME, 0.2, 0.3),
    _thing("💡", "light bulb", "yellow", HOME, 0.0, 0.1),
    _thing("✂", "scissors", "red", HOME, 0.3, 0.4),
    _thing("✏", "pencil", "yellow", HOME, 0.3, 0.4),
    _thing("🖌", "paintbrush/brush", "blue", HOME, 0.3, 0.4),
    _thing("🔨", "hammer", "gray", HOME, 0.0, 0.0),
    _thing("🗡", "sword/dagger", "gray", HOME, 0.0, 0.0),
    _thing("⚓", "anchor", "blue", ("water", "plain"), 0.4, 0.5),
    _thing("🔔", "bell", "yellow", HOME, 0.1, 0.3),
    _thing("💣", "bomb", "black", HOME, 0.1, 0.2),
    _many_colored("🧲", "magnet", "red", HOME),
    _many_colored("👁", "eye", "white", ONLY),
    _thing("✋", "hand", "yellow", ONLY, 0.3, 0.3),
    _many_colored("🌍", "earth/globe", "blue", ("space", "plain")),
    _thing("🏆", "trophy", "yellow", HOME, 0.0, 0.2),
    _thing("🎒", "backpack", "red", LAND, 0.4, 0.6),
    _thing("❄", "snowflake", "turquoise", ONLY, 0.3, 0.4),
)

AROUND = (
    _many_colored("🌋", "volcano", "brown", LAND),
    _many_colored("🏝", "island/desert island", "green", SEA[:1] + ONLY),
    _thing("🚜", "tractor", "green", LAND, 0.3, 0.5),
    _thing("🚚", "truck/lorry", "orange", LAND, 0.3, 0.4),
    _thing("🚒", "fire engine/fire truck", "red", LAND, 0.0, 0.2),
    _many_colored("🚑", "ambulance", "white", LAND),
    _many_colored("🚕", "taxi", "yellow", LAND),
    _thing("🚲", "bicycle/bike", "gray", LAND, 0.4, 0.4),
    _thing("🏍", "motorcycle/motorbike", "red", LAND, 0.3, 0.4),
    _thing("🚁", "helicopter", "yellow", SKY, 0.4, 0.5),
    _many_colored("🛸", "flying saucer/ufo", "gray", ("sky", "space", "plain")),
    _thing("🛰", "satellite", "gray", ("space", "plain"), 0.0, 0.0),
    _thing("🚤", "motorboat/speedboat", "orange", ("sea", "plain"), 0.2, 0.3),
    _thing("🛶", "canoe", "brown", ("sea", "plain"), 0.2, 0.3),
    _many_colored("🎡", "ferris wheel", "gray", LAND),
    _many_colored("⛲", "fountain", "gray", LAND),
    _thing("🏭", "factory", "gray", LAND, 0.0, 0.1),
    _thing("🌹", "rose", "red", HOME, 0.4, 0.7),
    _thing("🍀", "clover/shamrock", "green", ONLY, 0.0, 0.3),
    _thing("🍁", "maple leaf", "red", ONLY, 0.3, 0.5),
)

GLYPHS = (*BEASTS, *PEOPLE, *MEALS, *GEAR, *AROUND)
