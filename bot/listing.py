"""What `.queue` and `.help` say."""

from collections.abc import Sequence
from dataclasses import replace

from bot.caption import bar, ready, starting
from bot.characters import MAX_CONTENT, units
from bot.entry import Entry
from bot.flags.beginning import NOISES
from bot.flags.flag import Available
from bot.flags.table import FLAGS
from bot.markdown import escape, inline_code, shorten
from bot.origin import Origin
from config.settings import Settings

MAX_ANSWER = MAX_CONTENT - 150
"""Room for the link or the mention that an :class:`Origin` may put before an answer."""
MOST_RUNNING = 5
MOST_WAITING = 10
MOST_OWN = 10
"""Places of the viewer's that are named beside those that are shown."""
TITLE_LENGTHS = (60, 40, 20)
"""UTF-16 code units of each prompt that are shown: the longest with which all rows fit."""
MOST_MODELS = 4
"""Whose names are told."""
NAME_LENGTH = 32
"""The longest that Discord allows."""
POCKET = """
-# The small models that I paint with know some two hundred things, their colours, places and styles: try \
`a shiny red apple`, `a sailboat on the sea at sunset`, `a blue house in the snow`. All their words: docs/pocket.md."""
SKETCH = " They sketch before they paint; `--init noise` leaves the sketch out."


def queue_text(running: Sequence[Entry], waiting: Sequence[Entry], viewer: Origin) -> str:
    """Return what is painted and what waits, as whoever asks may see it where they ask.

    What was asked for elsewhere counts, and its words stay there, but for one's own where nobody else reads them. Where
    the rows are too long for a message prompts are shortened further, and then rows are left out.
    """
    if not running and not waiting:
        return "Nothing is being painted and nobody waits; yours would begin at once."
    sizes = [(length, MOST_WAITING) for length in TITLE_LENGTHS]
    sizes += [(TITLE_LENGTHS[-1], rows) for rows in reversed(range(MOST_WAITING))]
    texts = (_queue_text(running, waiting, viewer, *size) for size in sizes)
    return next(text for text in texts if units(text) <= MAX_ANSWER)


def _queue_text(running: Sequence[Entry], waiting: Sequence[Entry], viewer: Origin, length: int, rows: int) -> str:
    """Return the text with titles of so many UTF-16 code units and so many rows for what waits."""
    lines = []
    if running:
        lines.append("**Being painted**")
        for entry in running[:MOST_RUNNING]:
            finishes = ready(entry.record.estimate.finishes)
            lines.append(f"{bar(entry.record.percent)} · {_title(entry, viewer, length)} · {finishes}")
        lines += _more(len(running) - MOST_RUNNING)
    if waiting:
        lines.append("**Waiting**")
        for place, entry in enumerate(waiting[:rows], start=1):
            lines.append(f"{place}. {_title(entry, viewer, length)} · {starting(entry.record.estimate.starts)}")
        hidden = list(enumerate(waiting, start=1))[rows:]
        lines += _more(len(hidden))
        mine = [str(place) for place, entry in hidden if entry.origin.author.id == viewer.author.id]
        if mine:
            others = f" and {len(mine) - MOST_OWN} more" if len(mine) > MOST_OWN else ""
            lines.append(f"Yours among them: number {', '.join(mine[:MOST_OWN])}{others}")
    return "\n".join(lines)


def help_text(name: str, settings: Settings, available: Available) -> str:
    """Return how to ask for a picture, within which limits, and what is available."""
    prefix, painting, queue = settings.discord.prefix, settings.painting, settings.queue

    def typed(text: str) -> str:
        return inline_code(text, 100)

    offered = {name: flag for name, flag in FLAGS.items() if flag.is_offered(available)}
    examples = [f"--{name} {flag.example}" for name, flag in offered.items()]
    examples[0] = f"{prefix}imagine a red fox {examples[0]}"
    if available.models:
        more = f" and {len(available.models) - MOST_MODELS} more" if len(available.models) > MOST_MODELS else ""
        examples.append(f"--model {available.models[0]}")
        offered["model"] = replace(
            FLAGS["model"], help=f"paints with {', '.join(available.models[:MOST_MODELS])}{more}"
        )
    rows = zip(examples, offered.values(), strict=True)
    with_flags = "\n".join(f"{typed(example)} {flag.help}" for example, flag in rows)
    pocket = (
        POCKET + SKETCH * any(init not in NOISES for init in available.inits)
        if settings.models.clip == "pocket"
        else ""
    )
    return f"""\
**{escape(shorten(name, NAME_LENGTH))} paints what you describe**
{typed(f"{prefix}imagine a lighthouse in a storm, oil painting")}
{typed(f"{prefix}imagine a {{red, green}} bird")} a picture of each
{typed(f"{prefix}imagine a forest | a storm::0.5")} both, the second half as much; with `^` one after the other
{with_flags}
A picture that you attach or reply to is what it begins from, with `--as target` what it comes near to.
{typed(f"{prefix}queue")} what waits; {typed(f"{prefix}cancel")} takes back your newest, or what you reply to
{typed(f"{prefix}styles")} endings for prompts; {typed(f"{prefix}settings")} what is usual for you
-# {typed(f"@{shorten(name, NAME_LENGTH)} imagine …")} works too. Usually {painting.width}×{painting.height} and \
{painting.steps} steps; at most {painting.max_side} pixels a side, {painting.max_steps} steps, \
{painting.max_prompt_length} characters, {queue.per_member} pictures each at a time.{pocket}
-# More flags: docs/options.md."""


def _title(entry: Entry, viewer: Origin, length: int) -> str:
    author = entry.origin.author
    mine = author.id == viewer.author.id
    here = entry.origin.channel.id == viewer.channel.id
    is_seen_alone = viewer.guild is None or viewer.reply_to is None  # in private, or in answer to a slash command
    if not (here or (mine and is_seen_alone)):
        return "**a picture of yours from elsewhere**" if mine else "a picture for somebody elsewhere"
    prompt = escape(shorten(entry.request.prompt, length))
    return f"**{prompt}** · yours" if mine else f"{prompt} · {escape(shorten(author.display_name, NAME_LENGTH))}"


def _more(count: int) -> list[str]:
    return [f"… and {count} more"] if count > 0 else []
