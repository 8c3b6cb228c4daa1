"""What stands for something with an id in a message, replaced by its name, since ids mean nothing to a painter.

https://docs.discord.com/developers/reference#message-formatting
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import discord
import regex

from bot.characters import clean
from bot.markdown import CODE
from bot.origin import Origin
from bot.prompt import quoted
from generation.prompt import fenced

ID = "[0-9]{1,20}"
REFERENCE = regex.compile(
    rf"""
    <(?:
        @!? (?P<member>{ID})
      | @& (?P<role>{ID})
      | \# (?P<channel>{ID})
      | a? : (?P<emoji>\w+) : {ID}
      | t : (?P<time>-?{ID}) (?: : (?P<style>[A-Za-z]) )?
      | / (?P<command>[^<>:`]+) : {ID}
      | id : (?P<page>[a-z-]+) (?: : {ID} )?
      | (?P<sound>sound) : {ID} : {ID}
    )>
    | <? https?://(?:\w+\.)?discord(?:app)?\.com/channels/(?:{ID}|@me)/ (?P<channel>{ID}) (?:/{ID})? >?
    | \[ (?P<label>[^\[\]`]+) \]\( <? https?:// [^\s()<>`]+ >? \)
    """,
    regex.VERBOSE,
)
EITHER = regex.compile(f"{CODE.pattern}|{REFERENCE.pattern}", regex.VERBOSE | regex.DOTALL)
UNKNOWN = {"member": "someone", "role": "a role", "channel": "a channel", "time": "some day", "sound": "a sound"}
SIGNS = frozenset("|^:")
"""What can have a meaning in a prompt."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def with_names(text: str, origin: Origin, mentioned: Sequence[discord.Member | discord.User]) -> str:
    """Return ``text`` with names instead of ids, except in code, where Discord shows ids.

    A name that could be read as a flag, a sign or code is quoted, so that it is nothing but part of the prompt. Members
    who are not among ``mentioned`` have none.
    """
    members = {member.id: member.display_name for member in mentioned}

    def name(match: regex.Match[str]) -> str:
        if match["block"] or match["ticks"]:
            return match[0]
        groups = match.groupdict()
        style = groups.pop("style")
        ((kind, value),) = [(kind, value) for kind, value in groups.items() if value is not None]
        found = members.get(int(value), "") if kind == "member" else _found(origin, kind, value, style)
        found = " ".join(clean(found).replace("`", "").split()) or UNKNOWN.get(kind, "")
        found = fenced(found) if kind != "time" and SIGNS.intersection(found) else quoted(found)
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        apart = found.startswith("`")
        left = " " if apart or before.isalnum() or before in {">", "`", "-", "–", "—"} else ""
        right = " " if apart or after.isalnum() or after == "`" else ""
        return left + found + right

    return EITHER.sub(name, text)


def _found(origin: Origin, kind: str, value: str, style: str | None) -> str:
    """Return the name of what is referred to, ``""`` where there is none or the author may not know it."""
    match kind:
        case "role":
            role = origin.guild and origin.guild.get_role(int(value))
            return role.name.removeprefix("@") if role else ""
        case "channel":
            return _channel(origin, int(value))
        case "time":
            return _time(int(value), style)
        case "sound":
            return ""
        case "page":
            return value.replace("-", " ")
    return value


def _channel(origin: Origin, channel_id: int) -> str:
    """Return the name of a channel that the author may see."""
    channel = origin.guild and origin.guild.get_channel_or_thread(channel_id)
    hidden = isinstance(channel, discord.Thread) and (channel.is_private() or channel.parent is None)
    if not channel or hidden or not isinstance(origin.author, discord.Member):
        return ""
    return channel.name if channel.permissions_for(origin.author).view_channel else ""


def _time(seconds: int, style: str | None) -> str:
    """Return the time of the day, or the day, in UTC."""
    try:
        moment = EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return ""
    return f"{moment:%H:%M}" if style in {"t", "T"} else f"{moment.day} {moment:%B %Y}"
