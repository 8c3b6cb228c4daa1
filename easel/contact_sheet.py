"""Many pictures at a glance: a contact sheet, and an index page that needs nothing but the files beside it."""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from math import ceil, isqrt
from pathlib import Path
from urllib.parse import quote

from PIL import Image, ImageDraw, ImageFont

from bot.flags.usual import typed
from easel.picture_file import save
from generation.request import FILMS, ImagineRequest

SHEET = "contact-sheet.png"
INDEX = "index.html"
CELL = 256
"""Pixels a side of a picture on the sheet, at most."""
MOST_PIXELS = 1 << 24
"""Of the sheet, about."""
STRIP = 18
"""Pixels of the strip below each, with the number of its line."""
GAP = 4
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; media-src 'self' file:; \
style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ margin: 2rem; font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff }}
main {{ display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)) }}
figure {{ margin: 0 }}
img {{ width: 100%; height: auto; background: #eee }}
figcaption {{ overflow-wrap: anywhere }}
small, ol {{ color: #666 }}
@media (prefers-color-scheme: dark) {{ body {{ color: #ddd; background: #1a1a1a }} small, ol {{ color: #999 }} }}
</style>
<h1>{title}</h1>
<p>{count}{sheet}</p>
<main>
{figures}
</main>
{missing}
</html>
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished picture.

    Args:
        number: of the line that asked for it.
        request: that it was painted by.
        file: a PNG in the folder of the page; a film has its name with another ending.
    """

    number: int
    request: ImagineRequest
    file: Path


def write(folder: Path, entries: Sequence[Entry], missing: Sequence[tuple[int, str]]) -> None:
    """Write sheet and page into a folder.

    Args:
        folder: with the pictures.
        entries: of them, in order.
        missing: lines that have none, by their numbers, and why.

    Raises:
        SaveError: one of them cannot be written.
    """
    if entries:
        sheet(entries).save(buffer := io.BytesIO(), "PNG")
        save(buffer.getvalue(), folder / SHEET)
    save(page(folder.name or "batch", entries, missing).encode("utf-8", "replace"), folder / INDEX)


def sheet(entries: Sequence[Entry]) -> Image.Image:
    """Return all pictures beside one another, each with the number of its line."""
    largest = max(max(entry.request.shape) for entry in entries)
    side = min(CELL, largest, isqrt(MOST_PIXELS // len(entries)))
    columns = ceil(len(entries) ** 0.5)
    rows = ceil(len(entries) / columns)
    across, down = side + GAP, side + STRIP + GAP
    whole = Image.new("RGB", (columns * across + GAP, rows * down + GAP), "white")
    draw, font = ImageDraw.Draw(whole), ImageFont.load_default(12)
    for place, entry in enumerate(entries):
        left, top = GAP + place % columns * across, GAP + place // columns * down
        with Image.open(entry.file, formats=["PNG"]) as picture:
            picture.thumbnail((side, side), Image.Resampling.LANCZOS)
            whole.paste(picture, (left + (side - picture.width) // 2, top + (side - picture.height) // 2))
        draw.text((left, top + side + 1), str(entry.number), "black", font)
    return whole


def page(title: str, entries: Sequence[Entry], missing: Sequence[tuple[int, str]]) -> str:
    """Return the index page, in which all that anybody has typed is escaped."""
    count = "1 picture" if len(entries) == 1 else f"{len(entries)} pictures"
    return PAGE.format(
        title=escape(title),
        count=count,
        sheet=f' · <a href="{SHEET}">contact sheet</a>' if entries else "",
        figures="\n".join(map(_figure, entries)),
        missing=_missing(missing),
    )


def _figure(entry: Entry) -> str:
    request, name = entry.request, entry.file.name
    films = [entry.file.with_suffix(f".{kind}") for kind in request.outputs if kind in FILMS]
    links = "".join(f' · <a href="{quote(film.name)}">video</a>' for film in films if film.exists())
    return (
        f'<figure id="line-{entry.number}"><a href="{quote(name)}"><img src="{quote(name)}" loading="lazy" '
        f'width="{request.width}" height="{request.height}" alt="{escape(request.prompt)}"></a>'
        f"<figcaption>{escape(request.prompt)}<br><small>line {entry.number} · "
        f"{escape(typed(asdict(request)))}{links}</small></figcaption></figure>"
    )


def _missing(missing: Sequence[tuple[int, str]]) -> str:
    if not missing:
        return ""
    lines = "\n".join(f'<li value="{number}">{escape(why)}</li>' for number, why in missing)
    return f"<h2>Lines without a picture</h2>\n<ol>\n{lines}\n</ol>"
