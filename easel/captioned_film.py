"""Films joined to one, with captions: a track of subtitles that players show or hide.

Nothing is encoded anew: the packets of all go into one file, one after the other.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av

from easel.picture_file import SaveError
from generation.worker.captions import add_track, caption


@dataclass(frozen=True, slots=True)
class Scene:
    """A part of a film.

    Args:
        film: MP4, of the same size and rate as that of the others.
        caption: that is read meanwhile.
    """

    film: bytes
    caption: str


def joined(scenes: Sequence[Scene]) -> bytes:
    """Return the films one after the other as an MP4 with a track of captions (``mov_text``).

    Args:
        scenes: at least one.

    Raises:
        SaveError: the films do not fit together, as where a picture was painted smaller for lack of memory.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as film:
        picture, text, shape = None, None, None
        begins = Fraction(0)
        for scene in scenes:
            with av.open(io.BytesIO(scene.film), "r") as source:
                stream = source.streams.video[0]
                if picture is None:
                    shape = stream.width, stream.height
                    picture = film.add_stream_from_template(stream)
                    text = add_track(film)
                elif shape != (stream.width, stream.height):
                    raise SaveError("the film could not be joined: its pictures are not all of one size")
                assert stream.time_base is not None
                assert stream.average_rate is not None
                ticks = round(begins / stream.time_base)
                for packet in source.demux(stream):
                    if packet.dts is not None and packet.pts is not None:  # the last one is empty
                        packet.dts += ticks
                        packet.pts += ticks
                        packet.stream = picture
                        film.mux(packet)
                seconds = stream.frames / stream.average_rate
            assert text is not None
            film.mux(caption(scene.caption, text, begins, seconds))
            begins += seconds
    return buffer.getvalue()
