"""What the message about a request says.

Three lines at most: the prompt, where it stands, and the small print::

    **a lighthouse in a storm, oil painting**
    ▰▰▰▰▱▱▱▱▱▱ 40% · ready in 13 seconds
    -# seed 7 · 128×128 · 100 steps

and below it how the picture was steered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from math import inf

from bot.characters import MAX_CONTENT, isolate, units
from bot.errors import PromptError
from bot.flags.flag import Available
from bot.flags.usual import as_asked, own_weights, typed, unusual, usual_fields
from bot.flags.values import written
from bot.markdown import escape, shorten
from bot.mentions import REFERENCE
from bot.prompt import ADDRESS
from bot.walk import asked_again, command_of
from config.settings.painting import PaintingSettings
from generation.request import ImagineRequest
from generation.sizes import Shape
from generation.steering import write

MAX_ALT_TEXT = 1024
LONGEST_SHOWN = 200
"""UTF-16 code units of a prompt that are shown; all of it is in the picture's description."""
PAUSED = "Easel is being restarted; this picture goes on by itself."
CAME = {
    "again": "again, like",
    "subtle": "varied subtly from",
    "strong": "varied strongly from",
    "more": "painted on from",
    "larger": "enlarged from",
    "edit": "edited from",
    "video": "the same as",
    "start": "begun from",
}
"""What the small print says of what was pressed or chosen, before a link."""
BEGUN = frozenset({"subtle", "strong", "more", "larger", "start"})
"""Of these, what says that it begins from that picture."""
BAR = 10
"""Segments of the progress bar."""
MOST_SAID = 3
"""Of what was said while a picture was painted that is shown, the newest of it."""
LONGEST_SAID = 80
"""UTF-16 code units of each."""
TOGETHER = "-# Anybody may steer it: reply with `more: a lighthouse`, `less: fog` or `sky::0.5`"


@dataclass(frozen=True, slots=True)
class Waiting:
    """In line.

    Args:
        place: 1 for the next.
        starts: when it will be begun, in Unix seconds, as far as one can tell; infinite while no device is up.
    """

    place: int
    starts: float


@dataclass(frozen=True, slots=True)
class InProgress:
    """Being painted.

    Args:
        percent: how much is done.
        finishes: when it will be finished, in Unix seconds, as far as one can tell; infinite while no device paints it.
        left_out: the tail of the prompt that is not painted, ``""`` when all of it is.
        smaller: width and height in which it is painted where they are not those that were asked for.
    """

    percent: int
    finishes: float
    left_out: str = ""
    smaller: Shape | None = None


@dataclass(frozen=True, slots=True)
class Paused:
    """To be gone on with when the bot is back."""


@dataclass(frozen=True, slots=True)
class Painted:
    """Finished.

    Args:
        seconds: of painting.
        left_out: the tail of the prompt that was not painted, ``""`` when all of it was.
        smaller: width and height in which it was painted where they are not those that were asked for.
        note: what else there is to say, a sentence.
    """

    seconds: float
    left_out: str = ""
    smaller: Shape | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """Over without a finished picture.

    Args:
        sentence: why.
        again: whether to say how to ask for the same picture again.
    """

    sentence: str
    again: bool


State = Waiting | InProgress | Paused | Painted | Ended


@dataclass(frozen=True, slots=True)
class Caption:
    """The words about one request.

    Args:
        request: what is painted.
        prefix: what a command begins with.
        painting: the settings whose defaults need not be repeated.
        available: what can be asked for here.
        is_late: whether it was asked for while the bot was away.
        part: of several requests of one message, by its number.
        how: what was pressed or chosen for it, as of :class:`bot.origin.Origin`.
        source_url: of the message with the picture of which that was done; ``""`` for none.
        together: whether others may steer it because its member lets them; None where there are no others.
    """

    request: ImagineRequest
    prefix: str
    painting: PaintingSettings
    available: Available
    is_late: bool = False
    part: int = 0
    how: str = ""
    source_url: str = ""
    together: bool | None = None

    def text(self, state: State) -> str:
        """Return the content of the message: markdown, at most 2000 characters, everything of theirs escaped."""
        for most in reversed(range(MOST_SAID + 1)):
            text = self._text(state, most)
            if units(text) <= MAX_CONTENT:
                break
        return text

    def _text(self, state: State, most_said: int) -> str:
        """Return the content, with so much of what was said while it was painted."""
        said, together = [*self._said(most_said)], [TOGETHER] * bool(self.together)
        match state:
            case Waiting():
                standing = "Next in line" if state.place == 1 else f"Number {state.place} in line"
                lines = [f"{standing} · {starting(state.starts)}", self._fine_print(), *said, *together]
            case InProgress():
                lines = [f"{bar(state.percent)} · {ready(state.finishes)}", self._fine_print()]
                lines += [*said, *_left_out(state.left_out), *self._smaller(state.smaller), *together]
            case Paused():
                lines = [PAUSED, self._fine_print(), *said]
            case Painted():
                lines = [f"{self._fine_print()} · {duration(state.seconds)} · `{self.request.id}`"]
                lines += [*said, *[f"-# {state.note}"] * bool(state.note)]
                lines += [*_left_out(state.left_out), *self._smaller(state.smaller), f"-# Again: {self.again}"]
            case Ended():
                lines = [state.sentence, *([f"-# Again: {self.again}"] if state.again else [])]
        return "\n".join([self.title, *lines])

    @property
    def title(self) -> str:
        """What every message about the request begins with, which of one message's no other has."""
        number = f" · {self.part + 1}" if self.part else ""
        return f"**{escape(shorten(self.request.prompt, LONGEST_SHOWN))}**{number}"

    @property
    def alt_text(self) -> str:
        """The description of the picture for those who cannot see it."""
        return shorten(self.request.prompt, MAX_ALT_TEXT)

    def _fine_print(self) -> str:
        said = [flag.caption(*values) for _, flag, values in unusual(as_asked(self.request))]
        parts = [each for each in said if each]
        late = ["asked while I was away"] if self.is_late else []
        is_derived = bool(self.how and self.source_url)
        came = [f"{CAME.get(self.how, 'made from')} [this picture]({self.source_url})"] if is_derived else []
        pictures = _pictures(self.request, names_start=not (is_derived and self.how in BEGUN))
        return f"-# {' · '.join([*parts, *pictures, *came, *late])}"

    def _said(self, most: int) -> Iterator[str]:
        """Yield what was said while it was painted, the newest last, by whom and in which step."""
        steering = self.request.steering
        said = [(*where, [*each]) for where, each in groupby(steering, lambda each: (each.step, each.by))]
        before = max(0, len(said) - most)
        left_out = sum(len(each) for _, _, each in said[:before])
        if left_out and most:
            yield f"-# steered {'once' if left_out == 1 else f'{left_out} times'} before that"
        for step, by, words in said[before:]:
            who = f"<@{by}>: " if by.isdecimal() else ""
            yield f"-# step {step} · {who}{escape(shorten(' | '.join(map(write, words)), LONGEST_SAID))}"

    def _smaller(self, shape: Shape | None) -> list[str]:
        return [f"-# {smaller_size(self.request, shape)}"] if shape else []

    @property
    def again(self) -> str:
        """How to ask for the picture again: a command to copy, where there is one."""
        if self.command:
            return isolate(f"`{self.command}`")
        count = len(self.request.pictures)
        pictures = " and picture" * (count == 1) + " and pictures" * (count > 1)
        weights = ", ".join(f"`::{written(weight)}`" for weight in own_weights(self.request))
        pictures += f" ({weights})" * bool(weights)
        steered = ", and steer it so" if self.request.steering else ""
        return f"the same prompt{pictures} with `{self._flags}`{steered}"

    @property
    def command(self) -> str | None:
        """What to type for the same picture; None where it is too long or needs more than text."""
        request, line = self.request, f"{self.request.prompt} {self._flags}"
        if request.pictures or ADDRESS.match(line):
            return None
        if "`" in self.prefix + line or units(request.prompt) > LONGEST_SHOWN or REFERENCE.search(line):
            return None
        try:
            is_same = asked_again(line, self.painting, self.available, request) == request
        except PromptError:
            return None
        return f"{self.prefix}{command_of(request)} {line}" if is_same else None

    @property
    def _flags(self) -> str:
        return typed(as_asked(self.request), usual_fields(self.painting, self.request.quality))


def starting(unix: float) -> str:
    """Return ``starts in 2 minutes``, which Discord's clients count down by themselves."""
    return f"starts {_when(unix)}" if unix < inf else "starts as soon as a device is ready"


def ready(unix: float) -> str:
    """Return ``ready in 2 minutes``, which Discord's clients count down by themselves."""
    return f"ready {_when(unix)}" if unix < inf else "goes on as soon as a device is ready"


def bar(percent: int) -> str:
    """Return ``▰▰▰▰▱▱▱▱▱▱ 40%``."""
    full = percent * BAR // 100
    return f"{'▰' * full}{'▱' * (BAR - full)} {percent}%"


def smaller_size(request: ImagineRequest, shape: Shape) -> str:
    """Return ``Painted at 128×128: the device has no memory for 256×256``."""
    asked, painted = (f"{width}×{height}" for width, height in (request.shape, shape))
    return f"Painted at {painted}: the device has no memory for {asked}"


def duration(seconds: float) -> str:
    """Return ``under 1 s``, ``21 s`` or ``3 min 20 s``."""
    if seconds < 1:
        return "under 1 s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _when(unix: float) -> str:
    return f"<t:{round(unix)}:R>"


def _pictures(request: ImagineRequest, *, names_start: bool) -> list[str]:
    """Return what the small print says of the pictures that a request names, or of all but the one it begins from."""
    targets = sum(bool(target.picture) for target in request.targets)
    lines = [f"a walk past {len(request.waypoints)} pictures"] if request.waypoints else []
    lines += ["from a picture"] if request.init_picture and names_start else []
    lines += ["within a mask"] if request.mask else []
    return lines + ([f"towards {'a picture' if targets == 1 else f'{targets} pictures'}"] if targets else [])


def _left_out(tail: str) -> list[str]:
    if not tail:
        return []
    return [f"-# The prompt is longer than CLIP reads; left out: “{escape(shorten(tail, 100))}”"]
