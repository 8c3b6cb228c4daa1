"""Forms with one field, and what was filled in."""

from collections.abc import Mapping
from typing import Any

import discord

from bot.buttons.ids import ButtonId

LONGEST = 4000
"""Characters of a field."""
FIELD = "text"


def form(id: ButtonId, title: str, label: str, text: str = "", hint: str = "") -> discord.ui.Modal:
    """Return a form to be opened.

    Args:
        id: that comes back with what was filled in.
        title: at most 45 characters.
        label: of the field, at most 45 characters.
        text: that is in it at first, at most :data:`LONGEST` characters.
        hint: that is shown while nothing is in it, at most 100 characters.
    """
    made = discord.ui.Modal(title=title, custom_id=str(id))
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(
        style=discord.TextStyle.paragraph,
        custom_id=FIELD,
        default=text or None,
        placeholder=hint or None,
        max_length=LONGEST,
    )
    made.add_item(discord.ui.Label(text=label, component=field))
    made.stop()  # what is filled in is heard of by the id, also after a restart
    return made


def filled(data: Any) -> str:
    """Return what was filled in, of an interaction's data."""
    for row in data.get("components", ()):
        for field in (row.get("component"), *row.get("components", ())):
            if isinstance(field, Mapping) and field.get("custom_id") == FIELD:
                return str(field.get("value", ""))
    return ""
