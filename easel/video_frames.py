"""The frames of a video that is named on the command line."""

from collections.abc import Iterator
from pathlib import Path

import av
from PIL import Image

from easel.contents import contents

ENDINGS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
"""Of the names of videos."""
MOST_FRAMES = 300
MOST_PIXELS = 4096 * 2304
"""Of a frame."""
NO_VIDEO = "{0} is no video that can be read"


def is_video(file: Path) -> bool:
    """Return whether a file is a video by its name."""
    return file.suffix.lower() in ENDINGS


def rate(file: Path) -> tuple[float, int]:
    """Return the frames in a second, and how many there are, 0 where the file does not say.

    Raises:
        ValueError: it is no video, or its frames are too large; the sentence says which.
    """
    contents(file, 0)  # says why it cannot be opened
    try:
        with av.open(str(file), "r") as container:
            stream = container.streams.video[0]
            if stream.width * stream.height > MOST_PIXELS:
                raise ValueError(f"{file} has {stream.width}x{stream.height} pixels; up to 4096x2304 are possible")
            fps = float(stream.average_rate or 25)
            known = stream.frames or (round(container.duration / 1e6 * fps) if container.duration else 0)
            return fps, known
    except (av.error.FFmpegError, IndexError):
        raise ValueError(NO_VIDEO.format(file)) from None


def frames(file: Path, fps: float) -> Iterator[Image.Image]:
    """Yield the frames, so many a second, at most :data:`MOST_FRAMES`.

    Raises:
        ValueError: there is none.
    """
    count = 0
    try:
        with av.open(str(file), "r") as container:
            for frame in container.decode(video=0):
                if frame.time is not None and frame.time + 1e-6 < count / fps:
                    continue
                yield Image.fromarray(frame.to_ndarray(format="rgb24"))
                count += 1
                if count == MOST_FRAMES:
                    return
    except (av.error.FFmpegError, IndexError):
        pass  # what is damaged ends there
    if not count:
        raise ValueError(NO_VIDEO.format(file))
