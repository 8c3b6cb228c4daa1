"""The command that shows members their last pictures, on one sheet."""

import asyncio
import contextlib
import io
from collections.abc import Sequence

from PIL import Image

from bot.buttons.show import is_restricted
from bot.command import Call, Command
from bot.errors import UserError
from bot.listing import MAX_ANSWER
from bot.markdown import escape, shorten
from bot.origin import Origin
from bot.receipt import Reply
from bot.rules.gate import Gate, texts
from store.archive import Archive, Archived

MOST = 9
LOOKED_THROUGH = 40
"""Pictures of a member's of which the last are shown that may be seen where they ask."""
SIDE, COLUMNS, GAP = 192, 3, 4
"""Pixels of a picture on the sheet, and between two."""
BACKGROUND = (43, 45, 49)
NONE = "There is no picture of yours here yet; `{0}imagine a red fox` makes one."


class GalleryCommand:
    """A sheet of a member's last pictures, with a link to each.

    Args:
        archive: what is kept.
        gate: that says what may be shown where.
    """

    def __init__(self, archive: Archive, gate: Gate) -> None:
        self._archive = archive
        self._gate = gate

    def commands(self) -> Sequence[Command]:
        """Return the command."""
        return [Command("gallery", "Your last pictures, on one sheet", self._gallery, answers="latest")]

    async def _gallery(self, call: Call) -> Reply:
        """Show the member's own pictures: in a server those from there, in private all."""
        origin = call.origin
        found: list[tuple[Archived, bytes]] = []
        for each in await self._archive.painted_by(origin.author.id, LOOKED_THROUGH):
            if len(found) < MOST and self._may_be_shown(each, origin):
                png = await self._archive.picture(each.request)
                found += [] if png is None else [(each, png)]
        if not found:
            raise UserError(NONE.format(self._gate.book.prefix(origin.guild)))
        jpeg = await asyncio.to_thread(sheet, [png for _, png in found])
        lines = [_line(number, each) for number, (each, _) in enumerate(found, 1)]
        while sum(map(len, lines)) > MAX_ANSWER:
            del lines[-1]
        return Reply("\n".join(lines), "gallery.jpg", jpeg)

    def _may_be_shown(self, archived: Archived, origin: Origin) -> bool:
        """Return whether a picture is from the same server, and its words and its channel do not keep it from here."""
        asked, guild = archived.asked, origin.guild
        if guild is None:
            return True
        place = guild.get_channel_or_thread(asked.channel)
        hidden = asked.channel != origin.channel.id and (place is None or is_restricted(place))
        if asked.guild != guild.id or (hidden and not is_restricted(origin.channel)):
            return False
        with contextlib.suppress(UserError):
            for text in texts(archived.request):
                self._gate.read(origin, text)
            return True
        return False


def sheet(pngs: Sequence[bytes]) -> bytes:
    """Return pictures beside and below each other as a JPEG, each as large as fits into its square."""
    columns, rows = min(COLUMNS, len(pngs)), -(-len(pngs) // COLUMNS)
    step = SIDE + GAP
    page = Image.new("RGB", (columns * step + GAP, rows * step + GAP), BACKGROUND)
    for number, png in enumerate(pngs):
        row, column = divmod(number, COLUMNS)
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            picture = image.convert("RGB")
        scale = SIDE / max(picture.size)
        width, height = (max(1, round(side * scale)) for side in picture.size)
        place = column * step + GAP + (SIDE - width) // 2, row * step + GAP + (SIDE - height) // 2
        page.paste(picture.resize((width, height), Image.Resampling.LANCZOS), place)
    file = io.BytesIO()
    page.save(file, "JPEG", quality=90)
    return file.getvalue()


def _line(number: int, archived: Archived) -> str:
    asked, request = archived.asked, archived.request
    title = f"{number}. {escape(shorten(request.prompt, 60))} · `{request.id}`"
    if archived.post is None:
        return title
    return f"{title} · https://discord.com/channels/{asked.guild or '@me'}/{asked.channel}/{archived.post}"
