"""The buttons under a post."""

from dataclasses import dataclass

import discord

from bot.buttons.ids import ButtonId
from bot.caption import Ended, InProgress, Painted, Waiting
from generation.request import FILMS, ImagineRequest

GREY, BLUE, RED = discord.ButtonStyle.secondary, discord.ButtonStyle.primary, discord.ButtonStyle.danger


@dataclass(frozen=True, slots=True)
class Button:
    """One of them.

    Args:
        id: what it does.
        label: a word or two.
        emoji: in front.
        style: its colour.
    """

    id: ButtonId
    label: str
    emoji: str
    style: discord.ButtonStyle = GREY


Rows = tuple[tuple[Button, ...], ...]
"""At most five rows of at most five."""


def rows_of(request: ImagineRequest, state: object) -> Rows:
    """Return the buttons under the post about a request.

    Args:
        request: whose ``member`` is the id of who asked for it.
        state: that the post shows.
    """

    def button(action: str, label: str, emoji: str, style: discord.ButtonStyle = GREY) -> Button:
        return Button(ButtonId(action, request.id), label, emoji, style)

    again, edit = button("again", "Again", "🔄", BLUE), button("edit", "Edit", "✏️")
    match state:
        case Waiting() | InProgress():
            return ((button("cancel", "Cancel", "✖️"),),)
        case Painted():
            next_ones = (
                again,
                button("subtle", "Vary subtly", "🌱"),
                button("strong", "Vary strongly", "🌀"),
                button("more", "Continue", "⏩"),
                button("larger", "Larger", "🔍"),
            )
            has_film = any(output in FILMS for output in request.outputs)
            video = () if has_film else (button("video", "Video", "🎬"),)
            member = int(request.member) if request.member.isdecimal() else None
            delete = Button(ButtonId("delete", request.id, member), "Delete", "🗑️", RED)
            return next_ones, (edit, *video, button("parameters", "Parameters", "📋"), delete)
        case Ended():
            return ((again, edit),)
    return ()


def view_of(rows: Rows) -> discord.ui.View | None:
    """Return what to send; None where there are no buttons."""
    if not rows:
        return None
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(rows):
        for each in row:
            view.add_item(
                discord.ui.Button(
                    style=each.style, label=each.label, emoji=each.emoji, custom_id=str(each.id), row=number
                )
            )
    view.stop()  # presses are heard of by their ids, and discord.py need not remember every view for ever
    return view
