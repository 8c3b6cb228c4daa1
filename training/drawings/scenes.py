"""Scenes: landscapes with and without a thing in them, and lights in the sky."""

import random

from training.drawings.colors import COLORS, Color, jitter, light
from training.drawings.outdoors import OUTDOORS
from training.drawings.pen import SIZE, Pen
from training.drawings.placing import COARSE, LARGE, Sketch, Vary, named, pick, put, snapped
from training.drawings.scenery import DIM, GROUNDS, TIMES, clouds, glitter, ground, sky, stars, sun, weather
from training.drawings.thing import Thing
from training.drawings.wording import article

_WET = ("sea", "beach", "lake")
_LIGHTS = {
    "full moon": ("full moon", "moon"),
    "crescent moon": ("crescent moon", "moon"),
    "sun": ("sun",),
    "planet": ("planet",),
}
_SUNS = {
    "day": ("the sun", "a bright sun", "a yellow sun"),
    "sunset": ("the setting sun", "the evening sun"),
    "sunrise": ("the rising sun", "the morning sun"),
}
_STARRY = ("many stars", "a starry sky", "the stars", "stars at night", "many stars in the night sky", "a starry night")
_ONLY_IN = ("the grass", "the snow", "the waves", "a winter landscape")
_PREPOSITIONS = {
    "mountains": ("in front of", "in"),
    "snowy mountains": ("in front of", "in"),
    "city": ("in", "in front of"),
    "forest": ("in",),
    "autumn forest": ("in",),
    "desert": ("in",),
    "wheat": ("in",),
    "flowers": ("in",),
}


def landscape(
    pen: Pen, rng: random.Random, time: str, land: str, low: float = 0.34, high: float = 0.7
) -> tuple[float, str]:
    """Draw sky and ground, and tell the horizon and what is seen in the sky."""
    horizon = pen.snap(rng.uniform(low, high) * SIZE, COARSE)
    haze = sky(pen, rng, time, horizon)
    above = _heavens(pen, rng, time, land, horizon)
    ground(pen, rng, land, time, horizon, haze)
    if above and land in _WET and above[1] is not None and time != "day":
        shore = {"beach": SIZE - 44, "lake": SIZE - 22}.get(land, SIZE)
        glitter(pen, rng, above[0], horizon + (6 if land == "lake" else 0), shore, light(above[1], 0.1))
    return horizon, above[2] if above else ""


def _time_and_land(rng: random.Random) -> tuple[str, str]:
    time = rng.choices(tuple(TIMES), (34, 18, 6, 22, 7, 6, 7))[0]
    land = rng.choices(tuple(GROUNDS), (17, 16, 6, 8, 9, 9, 5, 6, 6, 7, 9, 8, 5, 5, 7))[0]
    if time == "snowfall" and land in ("desert", "beach", "wheat", "flowers"):
        land = "snow"
    return time, land


def scene(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw a thing in a landscape."""
    time, land = _time_and_land(rng)
    if land in ("city", "forest", "autumn forest") and rng.random() < 0.5:
        land = "meadow"
    horizon, sky_word = landscape(pen, rng, time, land)
    place = "sky" if rng.random() < 0.12 else ("sea" if land in ("sea", "lake") else "land")
    size = LARGE * pen.grid if pen.grid else rng.uniform(48, 98)
    x = SIZE / 2 if pen.grid else SIZE / 2 + rng.uniform(-1, 1) * (SIZE - size) * 0.45
    dim = (1 + DIM.get(time, 1.0)) / 2
    if place == "sky":
        size = min(size, 66)
        foot = rng.uniform(size + 2, max(size + 6, horizon))
    elif place == "sea":
        foot = rng.uniform(horizon + 14, min(SIZE - 6, horizon + 0.75 * (SIZE - horizon)))
        foot = max(foot, size) if pen.grid else foot
    else:
        foot = rng.uniform(max(horizon + 12, size + 2), SIZE - 4) if horizon + 12 < SIZE - 6 else SIZE - 6
        foot = max(foot, SIZE - rng.uniform(4, 24)) if land == "beach" else foot
    foot = pen.snap(foot, COARSE)
    wanted = rng.choice(tuple(COLORS)) if rng.random() < 0.3 else None
    vary()
    thing = pick(rng, place)
    color = put(pen, rng, thing, [(x, foot, size)], dim, wanted, shadow=place == "land")
    weather(pen, rng, time)
    when = TIMES[time]
    called = [named(rng, thing, color) for _ in range(3)]
    where = [placed(rng, thing, land, place) for _ in range(3)]
    full = [f"{called[0]} {where[0]} {rng.choice(when)}", f"{called[1]} {where[1]} {rng.choice(when)}"]
    full += [f"{called[k]} {where[k]}{told_time(rng, time)}" for k in (0, 2)] + [f"{called[2]} {rng.choice(when)}"]
    if sky_word:
        full += [f"{called[0]} under {sky_word}", f"{called[2]} {where[2]} under {sky_word}"]
    return full, thing.name


def placed(rng: random.Random, thing: Thing, land: str, place: str) -> str:
    """Where the thing is, in words."""
    where = rng.choice(GROUNDS[land])
    if place == "sky":
        return f"{rng.choice(('over', 'above', 'over', 'flying over'))} {where}"
    if where in _ONLY_IN or (place == "sea" and "water" in thing.places):
        return f"in {where}"
    return f"{rng.choice(_PREPOSITIONS.get(land, ('on',)))} {where}"


def told_time(rng: random.Random, time: str) -> str:
    """Return words for the time of day, with a space before them; none by day, which goes without saying."""
    return "" if time == "day" else f" {rng.choice(TIMES[time])}"


def place(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw a landscape with nothing in it."""
    vary()
    time, land = _time_and_land(rng)
    _, sky_word = landscape(pen, rng, time, land)
    weather(pen, rng, time)
    where, when = GROUNDS[land], TIMES[time]
    full = [f"{rng.choice(where)} {rng.choice(when)}" for _ in range(3)]
    if time in ("sunset", "sunrise"):
        event = rng.choice((f"a {time}", time, "the sunrise" if time == "sunrise" else "the setting sun"))
        full += [f"{event} over {rng.choice(where)}", f"a {time} over {rng.choice(where)}"]
    if sky_word:
        full += [f"{sky_word} over {rng.choice(where)}", f"{rng.choice(where)} under {sky_word}"]
    if time == "night":
        full += [f"{rng.choice(where)} under a starry sky", f"a starry night over {rng.choice(where)}"]
    if time == "day":
        full += [rng.choice(where), f"{rng.choice(where)} under a blue sky"]
    return full, land


def _heavens(
    pen: Pen, rng: random.Random, time: str, land: str, horizon: float
) -> tuple[float, Color | None, str] | None:
    """Draw what is seen in the sky and tell its x, the colour of its light, and what it is called."""
    x = pen.snap(rng.uniform(16, SIZE - 16), COARSE)
    seen: tuple[float, Color | None, str] | None = None
    if time == "night":
        many = rng.random() < 0.75
        if many:
            stars(pen, rng, horizon, rng.randint(25, 70))
        roll = rng.random()
        if roll < 0.6:
            radius = pen.snap(rng.uniform(11, 22))
            y = pen.snap(rng.uniform(radius + 3, max(radius + 6, horizon * 0.6)))
            color: Color = rng.choice([(248, 246, 220), (236, 240, 246), (250, 236, 176)])
            name = "full moon" if roll < 0.42 else "crescent moon"
            thing = next(thing for thing in OUTDOORS if thing.name == name)
            with pen.at(x, y + radius, radius * 2.2):
                thing.draw(pen, color, pen.details(rng, name))
            called = (
                rng.choice(("a full moon", "a full moon", "the moon"))
                if name == "full moon"
                else rng.choice(("a crescent moon", "the moon"))
            )
            seen = (x, color, called)
        elif many:
            seen = (x, None, rng.choice(("a starry sky", "the stars", "many stars")))
    elif time in ("day", "sunset", "sunrise") and rng.random() < (0.6 if time == "day" else 0.85):
        radius = pen.snap(rng.uniform(10, 20))
        y = rng.uniform(radius, max(radius + 4, horizon * 0.6))
        if time != "day":
            y = rng.uniform(horizon * 0.6, horizon + radius * 0.4)
        y = pen.snap(y)
        shine = sun(pen, rng, x, y, radius, time)
        seen = (x, shine, rng.choice(_SUNS[time]))
    if time in ("cloudy", "storm") or rng.random() < 0.45:
        clouds(pen, rng, time, horizon, rng.randint(1, 4) + (3 if time in ("cloudy", "storm") else 0))
    if time in ("day", "cloudy") and land != "city" and rng.random() < 0.09:
        rainbow = next(thing for thing in OUTDOORS if thing.name == "rainbow")
        with pen.at(pen.snap(rng.uniform(40, 88), COARSE), horizon + 2, pen.snap(rng.uniform(80, 130), COARSE)):
            rainbow.draw(pen, (0, 0, 0), pen.details(rng, "rainbow"))
        seen = (x, None, "a rainbow")
    return seen


def light_in_the_sky(pen: Pen, rng: random.Random, vary: Vary) -> Sketch:
    """Draw a big moon, sun or planet in the sky, with a strip of land below or none, or a sky full of stars."""
    vary()
    name = rng.choices((*_LIGHTS, "star"), (40, 20, 30, 10, 15))[0]
    if name == "star":
        sky(pen, rng, "night", SIZE)
        stars(pen, rng, SIZE, rng.randint(60, 90))
        return list(_STARRY), name
    time = "night" if name != "sun" else rng.choice(("day", "sunset", "day"))
    land = rng.choice((*GROUNDS, *_WET))
    bare = rng.random() < 0.4
    horizon = pen.snap(SIZE * (1.0 if bare else rng.uniform(0.68, 0.85)))
    haze = sky(pen, rng, time, horizon)
    if time == "night" and rng.random() < 0.7:
        stars(pen, rng, horizon, rng.randint(15, 50))
    thing = next(thing for thing in OUTDOORS if thing.name == name)
    size = rng.uniform(46, 92)
    x = SIZE / 2 + pen.snap(rng.uniform(-1, 1) * (SIZE - size) * 0.35, COARSE)
    foot = rng.uniform(size + 4, max(size + 6, horizon + (size * 0.2 if time == "sunset" else -4)))
    x, foot, size = snapped(pen, x, foot, size)
    color_name = rng.choice(thing.colors)
    if name == "sun" and time == "sunset":
        color_name = rng.choice(("orange", "red", "yellow"))
    with pen.at(x, foot, size, mirror=rng.random() < 0.5 and not pen.grid):
        details = pen.details(rng, name)
        thing.draw(pen, jitter(details, COLORS[color_name]), details)
    if not bare:
        ground(pen, rng, land, time, horizon, haze)
    word = rng.choice(_LIGHTS[name])
    plain, colored = article(word), article(f"{color_name} {word}")
    air = {"night": "the night sky", "day": "a blue sky", "sunset": "an orange sky"}[time]
    full = [f"{rng.choice((plain, colored))} in {air}", f"a big {word} in {air}", colored]
    if not bare:
        full += [f"{plain} over {rng.choice(GROUNDS[land])}", f"a big {word} over {rng.choice(GROUNDS[land])}"]
        full += [f"{colored} over {rng.choice(GROUNDS[land])} {rng.choice(TIMES[time])}"]
    return full, name
