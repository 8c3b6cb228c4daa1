"""One picture that is painted in Python: shown as it grows, and told of."""

import warnings
from collections.abc import Callable, Mapping

from config.settings import Settings
from easel.display import Display
from easel.results import Painting, Step
from easel.session import session
from easel.wording import plain
from generation.dispatch.record import Update
from generation.errors import GenerationError
from generation.events import Failed, Finished, Progress, Started
from generation.request import ImagineRequest

OnStep = Callable[[Step], None]


def painted(
    request: ImagineRequest, pictures: Mapping[str, bytes], settings: Settings, on_step: OnStep | None
) -> Painting:
    """Paint one picture, show it and tell of it; raises ``GenerationError`` where it cannot be painted."""
    display = Display(request)
    follower = Follower(request, display, on_step)
    try:
        (ended,) = session(settings).paint([request], pictures, follower.follow)
    except BaseException as error:
        display.fail(str(error) or type(error).__name__)
        raise
    if isinstance(ended, Failed):
        reason = plain(ended.reason)
        display.fail(reason)
        raise GenerationError(reason)
    return Painting.of(request, ended)


class Follower:
    """Tells of the steps of one picture.

    Args:
        request: that is painted.
        display: where it is shown.
        on_step: who else is told.
    """

    def __init__(self, request: ImagineRequest, display: Display, on_step: OnStep | None) -> None:
        self._request = request
        self._display = display
        self._on_step = on_step
        self._told = 0

    def follow(self, update: Update) -> None:
        """Tell of an update."""
        match update.event:
            case Started(left_out=left_out):
                if left_out:
                    warnings.warn(f"the prompt is too long for CLIP; left out: {left_out}", stacklevel=4)
                if update.record.smaller:
                    width, height = update.record.smaller
                    warnings.warn(f"memory ran out; it is painted at {width}x{height}", stacklevel=4)
            case Progress(step=step, seconds=seconds, preview=preview):
                self._tell(step, seconds, preview)
                self._display.show(step, preview)
            case Finished(png=png, seconds=seconds):
                self._tell(self._request.end_step, seconds, png)
                self._display.show(self._request.end_step, png, "png")

    def _tell(self, step: int, seconds: float, preview: bytes | None) -> None:
        """Tell of all steps up to one, which are not told of again where a worker was lost and some are repeated."""
        first, self._told = self._told + 1, max(self._told, step)
        if self._on_step is not None:
            for number in range(first, step + 1):
                shown = preview if number == step else None
                self._on_step(Step(number, self._request.end_step, seconds, shown))
