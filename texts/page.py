"""A page with a text and its pictures, which needs nothing but the files beside it, or nothing at all."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

FILM, PAGE = "story.mp4", "index.html"
"""Files of a folder."""
TEMPLATE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file: data:; \
media-src 'self' file: data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ margin: 2rem auto; padding: 0 1rem; max-width: 40rem; font: 18px/1.5 Georgia, serif; color: #222; \
background: #fff }}
img, video {{ width: 100%; height: auto; background: #eee }}
figure {{ margin: 2rem 0 }}
figcaption {{ margin-top: .5rem; overflow-wrap: anywhere }}
@media (prefers-color-scheme: dark) {{ body {{ color: #ddd; background: #1a1a1a }} }}
</style>
{film}{figures}
</html>
"""
VIDEO = """<video src="{address}" controls loop width="{width}" height="{height}">\
<track kind="captions" label="Text" default src="data:text/vtt;base64,{captions}"></video>
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of the page.

    Args:
        sentence: below it.
        description: for those who cannot see it.
        size: width and height in pixels.
        address: of its file, from the folder of the page, or of all that is in it; see :func:`embedded`.
    """

    sentence: str
    description: str
    size: tuple[int, int]
    address: str


def page(figures: Sequence[Figure], film: str = "", seconds: float = 0.0) -> str:
    """Return the page, in which all that anybody has written is escaped.

    Args:
        figures: at least one, in order.
        film: name of the film's file; ``""`` for none.
        seconds: of each figure in the film.
    """
    video = ""
    if film:
        captions = b64encode(vtt([each.sentence for each in figures], seconds).encode("utf-8", "replace"))
        width, height = figures[0].size
        video = VIDEO.format(address=quote(film), width=width, height=height, captions=captions.decode("ascii"))
    title = escape(figures[0].sentence)
    return TEMPLATE.format(title=title, film=video, figures="\n".join(map(_figure, figures)))


def named(file: str) -> str:
    """Return the address of a file in the folder of the page."""
    return quote(file)


def embedded(data: bytes, kind: str) -> str:
    """Return an address that is the file itself.

    Args:
        data: of the file.
        kind: its media type, such as ``image/jpeg``.
    """
    return f"data:{kind};base64,{b64encode(data).decode('ascii')}"


def vtt(sentences: Sequence[str], seconds: float) -> str:
    """Return captions as WebVTT, each for so many seconds."""
    cues = [
        f"{_clock(number * seconds)} --> {_clock((number + 1) * seconds)}\n{escape(sentence, quote=False)}\n"
        for number, sentence in enumerate(sentences)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _figure(figure: Figure) -> str:
    (width, height), address = figure.size, escape(figure.address)
    return (
        f'<figure><a href="{address}"><img src="{address}" width="{width}" height="{height}" '
        f'alt="{escape(figure.description)}"></a><figcaption dir="auto">{escape(figure.sentence)}</figcaption></figure>'
    )
