"""Captions of a film: a track of subtitles that players show or hide."""

from collections.abc import Sequence
from fractions import Fraction

import av
from av.container import OutputContainer
from av.stream import Stream

from generation.request import ImagineRequest

MILLISECONDS = Fraction(1, 1000)


def captions_of(request: ImagineRequest) -> Sequence[tuple[int, str]]:
    """Return the texts of a story's parts, each with the step in which it begins to count, none for other requests."""
    if not request.is_story:
        return ()
    parts = sorted({target.part for target in request.targets if target.part is not None})
    texts = [
        " | ".join(target.text for target in request.targets if target.part == part and target.text) for part in parts
    ]
    return [(number * request.steps // len(parts), text) for number, text in enumerate(texts)]


def add_track(film: OutputContainer) -> Stream:
    """Add a track of captions to an MP4."""
    track: Stream = film.add_mux_stream("mov_text")
    track.time_base = MILLISECONDS
    return track


def caption(words: str, track: Stream, begins: Fraction, seconds: Fraction) -> "av.Packet[Stream]":
    """Return a packet as 3GPP Timed Text (TS 26.245, 5.17) has it: the number of bytes, then these.

    Args:
        words: that are shown.
        track: that they belong to.
        begins: from which second on.
        seconds: for how long.
    """
    data = words.encode("utf-8", "replace")[: 2**16 - 1]
    packet = av.Packet(len(data).to_bytes(2, "big") + data)
    packet.stream, packet.time_base = track, MILLISECONDS
    packet.pts = packet.dts = round(begins / MILLISECONDS)
    packet.duration = round(seconds / MILLISECONDS)
    packet.is_keyframe = True
    return packet
