"""A page with a text and its pictures, which needs nothing but the files beside it."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from generation.request import ImagineRequest

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; \
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
<video src="{film}" controls loop width="{width}" height="{height}">\
<track kind="captions" label="Text" default src="data:text/vtt;base64,{captions}"></video>
{figures}
</html>
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of the page.

    Args:
        sentence: below it.
        request: that it was painted by.
        file: its name, in the folder of the page.
    """

    sentence: str
    request: ImagineRequest
    file: str


def page(figures: Sequence[Figure], film: str, seconds: float) -> str:
    """Return the page, in which all that anybody has written is escaped.

    Args:
        figures: at least one, in order.
        film: name of the film's file.
        seconds: of each figure in the film.
    """
    request = figures[0].request
    captions = b64encode(vtt([each.sentence for each in figures], seconds).encode("utf-8", "replace")).decode("ascii")
    return PAGE.format(
        title=escape(figures[0].sentence),
        film=quote(film),
        width=request.width,
        height=request.height,
        captions=captions,
        figures="\n".join(map(_figure, figures)),
    )


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
    request, name = figure.request, quote(figure.file)
    return (
        f'<figure><a href="{name}"><img src="{name}" width="{request.width}" height="{request.height}" '
        f'alt="{escape(request.prompt)}"></a><figcaption dir="auto">{escape(figure.sentence)}</figcaption></figure>'
    )
