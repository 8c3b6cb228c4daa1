"""What to type for a picture, to be copied."""

from dataclasses import replace

from bot.characters import MAX_CONTENT, units
from bot.errors import PromptError
from bot.flags.flag import Available
from bot.flags.usual import DEFAULTS, as_asked, typed, usual_fields
from bot.markdown import inline_code
from bot.prompt import quoted
from bot.receipt import Reply
from bot.walk import asked_again, command_of
from config.settings import Settings
from generation.request import ImagineRequest

FENCE = "```"
ROOM = 200
"""UTF-16 code units for what stands beside the line."""


def line(request: ImagineRequest, settings: Settings) -> str:
    """Return the prompt and the flags of a request, as they can be typed, without those that say nothing of it."""
    request = replace(request, **{name: DEFAULTS[name] for name in request.pointless})
    prompt = request.prompt if request.targets or request.waypoints else quoted(request.prompt)
    return f"{prompt} {typed(as_asked(request), usual_fields(settings.painting, request.quality))}"


def parameters(request: ImagineRequest, settings: Settings, available: Available) -> str | Reply:
    """Return what to say to whoever asks for the parameters.

    Args:
        request: of the picture.
        settings: the prefix, and what need not be typed.
        available: what can be asked for here.
    """
    command = f"{settings.discord.prefix}{command_of(request)} {line(request, settings)}"
    notes = f"-# {inline_code(request.id)}" + (
        f" · {left}" if (left := _left_out(request, settings, available)) else ""
    )
    if FENCE not in command and units(command) <= MAX_CONTENT - ROOM:
        return f"{FENCE}\n{command}\n{FENCE}\n{notes}"
    return Reply(notes, f"{request.slug}.txt", command.encode("utf-8", "replace"))


def _left_out(request: ImagineRequest, settings: Settings, available: Available) -> str:
    """Return what cannot be typed."""
    if request.pictures:
        count = len(request.pictures)
        return f"with {'a picture' if count == 1 else f'{count} pictures'}, which cannot be typed: attach it"
    try:
        is_same = asked_again(line(request, settings), settings.painting, available, request) == request
    except PromptError:
        is_same = False
    return "" if is_same else "not all of it can be typed: that is a picture much like it"
