"""What `.queue` and `.help` say."""

from collections.abc import Sequence

import discord

from bot.caption import bar, ready, starting
from bot.markdown import escape, shorten
from bot.studio import Entry
from config.settings import Settings

MOST_RUNNING = 5
MOST_WAITING = 10
POCKET = """
-# The small models that I paint with know some two hundred things, their colours, places and styles: try \
`a shiny red apple`, `a sailboat on the sea at sunset`, `a blue house in the snow`. All their words: docs/pocket.md. \
They sketch before they paint; `--init noise` leaves the sketch out."""


def queue_text(running: Sequence[Entry], waiting: Sequence[tuple[Entry, float]], viewer: discord.Message) -> str:
    """Return what is painted and what waits, as the author of ``viewer`` may see it where they asked.

    What others asked for elsewhere counts, and its words stay there.
    """
    if not running and not waiting:
        return "Nothing is being painted and nobody waits; yours would begin at once."
    lines = []
    if running:
        lines.append("**Being painted**")
        for entry in running[:MOST_RUNNING]:
            title = _title(entry, viewer)
            lines.append(f"{bar(entry.percent)} · {title} · {ready(entry.finishes)}")
        lines += _more(len(running) - MOST_RUNNING)
    if waiting:
        lines.append("**Waiting**")
        for place, (entry, starts) in enumerate(waiting[:MOST_WAITING], start=1):
            lines.append(f"{place}. {_title(entry, viewer)} · {starting(starts)}")
        hidden = list(enumerate(waiting, start=1))[MOST_WAITING:]
        lines += _more(len(hidden))
        mine = [str(place) for place, (entry, _) in hidden if entry.source.author.id == viewer.author.id]
        if mine:
            lines.append(f"Yours among them: number {', '.join(mine)}")
    return "\n".join(lines)


def help_text(name: str, settings: Settings) -> str:
    """Return how to ask for a picture, within which limits."""
    prefix, painting, queue = settings.discord.prefix, settings.painting, settings.queue
    return f"""\
**{escape(name)} paints what you describe**
`{prefix}imagine a lighthouse in a storm, oil painting`
`{prefix}imagine a red fox --seed 7` the same seed paints the same picture again
`{prefix}imagine a wide sea --size 192x128 --steps {painting.max_steps}` more steps follow the words further
`{prefix}queue` what is being painted and what waits
`{prefix}cancel` takes back your newest picture, `{prefix}cancel 2` the second in line; as a reply to a \
picture, that one
-# `@{name} imagine …` works too. Usually {painting.width}×{painting.height} and {painting.steps} steps; at most \
{painting.max_side} pixels a side, {painting.max_steps} steps, {painting.max_prompt_length} characters, \
{queue.per_member} pictures each at a time.{POCKET if settings.models.clip == "pocket" else ""}"""


def _title(entry: Entry, viewer: discord.Message) -> str:
    mine = entry.source.author.id == viewer.author.id
    here = entry.source.channel.id == viewer.channel.id
    if not (mine or here):
        return "a picture for somebody elsewhere"
    prompt = escape(shorten(entry.request.prompt, 60))
    return f"**{prompt}** · yours" if mine else f"{prompt} · {entry.source.author.mention}"


def _more(count: int) -> list[str]:
    return [f"… and {count} more"] if count > 0 else []
