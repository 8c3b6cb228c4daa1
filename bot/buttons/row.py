"""The buttons under a post."""

from dataclasses import dataclass

import discord

from bot.buttons.ids import ButtonId
from bot.caption import Ended, InProgress, Painted, Waiting
from bot.characters import isolate
from bot.markdown import shorten
from generation.options import NEURAL_STYLE, PAINTERS, Painter
from generation.request import FILMS, ImagineRequest
from generation.steering import weights
from generation.targets import MOST_STEERING

GREY, BLUE, RED = discord.ButtonStyle.secondary, discord.ButtonStyle.primary, discord.ButtonStyle.danger
MOST_SLIDERS = 2
"""Texts by which a picture was steered whose weights have buttons, those that were said last."""
LONGEST_LABEL = 50
"""UTF-16 code units of such a text."""


@dataclass(frozen=True, slots=True)
class Button:
    """One of them.

    Args:
        id: what it does.
        label: a word or two.
        emoji: in front; empty for none.
        style: its colour.
        is_enabled: whether it can be pressed, and does not only say something.
    """

    id: ButtonId
    label: str
    emoji: str
    style: discord.ButtonStyle = GREY
    is_enabled: bool = True


Rows = tuple[tuple[Button, ...], ...]
"""At most five rows of at most five."""


def goes_on(request: ImagineRequest) -> bool:
    """Return whether the painter of a picture can begin from it, for a further one."""
    return PAINTERS.get(request.painter, Painter()).encodes


def rows_of(request: ImagineRequest, state: object, *, together: bool | None = None) -> Rows:
    """Return the buttons under the post about a request.

    Args:
        request: whose ``member`` is the id of who asked for it.
        state: that the post shows.
        together: as of ``bot.caption.Caption``.
    """

    def button(action: str, label: str, emoji: str, style: discord.ButtonStyle = GREY) -> Button:
        return Button(ButtonId(action, request.id), label, emoji, style)

    again, edit = button("again", "Again", "🔄", BLUE), button("edit", "Edit", "✏️")
    match state:
        case Waiting() | InProgress():
            cancel = button("cancel", "Cancel", "✖️")
            if request.waypoints or request.painter == NEURAL_STYLE or len(request.steering) >= MOST_STEERING:
                return ((cancel,),)
            who = () if together is None else (_sharing(request, together=together),)
            return (button("steer", "Steer", "🧭"), *who, cancel), *_sliders(request)
        case Painted() if request.waypoints:
            return ((again, button("parameters", "Parameters", "📋"), _delete(request)),)
        case Painted():
            has_film = any(output in FILMS for output in request.outputs)
            video = () if has_film else (button("video", "Video", "🎬"),)
            pages = (button("page", "Page", "📖"),) if request.is_story and FILMS[0] in request.outputs else ()
            others = (edit, *video, *pages, button("parameters", "Parameters", "📋"), _delete(request))
            if not goes_on(request):
                return ((again, *others),)
            next_ones = (
                again,
                button("subtle", "Vary subtly", "🌱"),
                button("strong", "Vary strongly", "🌀"),
                button("more", "Continue", "⏩"),
                button("larger", "Larger", "🔍"),
            )
            return next_ones, others
        case Ended():
            return ((again,) if request.waypoints else (again, edit),)
    return ()


def _delete(request: ImagineRequest) -> Button:
    member = int(request.member) if request.member.isdecimal() else None
    return Button(ButtonId("delete", request.id, member), "Delete", "🗑️", RED)


def _sharing(request: ImagineRequest, *, together: bool) -> Button:
    """Return the button that lets others steer a picture, or lets them no longer."""
    if together:
        return Button(ButtonId("alone", request.id), "Only I steer", "👤")
    return Button(ButtonId("together", request.id), "Let others steer", "👥")


def _sliders(request: ImagineRequest) -> Rows:
    """Return a row for the weight of the texts that were said last, by their numbers."""
    rows = []
    for number, weight in sorted(weights(request)[-MOST_SLIDERS:]):
        of, text = f"{request.id}-{number}", shorten(request.steering[number].text, LONGEST_LABEL)
        rows.append(
            (
                Button(ButtonId("weaker", of), "Less", "➖"),
                Button(ButtonId("weight", of), f"{isolate(text)} · {weight:g}", "", is_enabled=False),
                Button(ButtonId("stronger", of), "More", "➕"),
            )
        )
    return tuple(rows)


def view_of(rows: Rows) -> discord.ui.View | None:
    """Return what to send; None where there are no buttons."""
    if not rows:
        return None
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(rows):
        for each in row:
            view.add_item(
                discord.ui.Button(
                    style=each.style,
                    label=each.label,
                    emoji=each.emoji or None,
                    custom_id=str(each.id),
                    row=number,
                    disabled=not each.is_enabled,
                )
            )
    view.stop()  # presses are heard of by their ids, and discord.py need not remember every view for ever
    return view
