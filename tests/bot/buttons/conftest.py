"""A finished picture with its buttons, and people who press them."""

import contextlib
import io
import sqlite3
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image

from generation.metadata import Metadata, encode
from generation.request import ImagineRequest
from sandbox.model import Interaction, Message
from tests.bot.conftest import Stage
from tests.people import components_of

AGAIN, VARY, STRONG, MORE, LARGER = "Again", "Vary subtly", "Vary strongly", "Continue", "Larger"
EDIT, VIDEO, PARAMETERS, DELETE, CANCEL = "Edit", "Video", "Parameters", "Delete", "Cancel"
STEER, SHARE, ALONE = "Steer", "Let others steer", "Only I steer"
PAINTING = [STEER, SHARE, CANCEL]
ALL = [AGAIN, VARY, STRONG, MORE, LARGER, EDIT, VIDEO, PARAMETERS, DELETE]


def file_of(request: ImagineRequest, kind: Any = "PNG", **pictures: bytes) -> bytes:
    """Return a picture as the worker makes it, which says how it was made."""
    return encode(Image.new("RGB", request.shape, "red"), kind, Metadata(request, None, pictures))


def plain() -> bytes:
    """Return a picture that says nothing."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "blue").save(file, "PNG")
    return file.getvalue()


def labels(message: Message) -> list[str]:
    """Return what stands on the buttons of a message."""
    return [each["label"] for each in components_of(message)]


@dataclass
class Gallery:
    """Pictures on a stage, and who presses what under them."""

    stage: Stage

    async def painted(
        self, text: str = "a cat --seed 7", who: str = "Mia", channel: str = "art", png: bytes | None = None
    ) -> tuple[Message, ImagineRequest]:
        """Return the post about a finished picture, and its request."""
        stage = self.stage
        post = await stage.reply(await stage.say(f".imagine {text}", who, channel), channel)
        await stage.executor.until(lambda: stage.executor.requests)
        (request,) = stage.executor.requests.values()
        stage.executor.finish(request, png or file_of(request))
        await stage.sandbox.until(lambda: "Parameters" in labels(post))
        return post, request

    async def pressed(self, post: Message, button: str, who: str = "Mia") -> str:
        """Press a button and return what whoever did so is told."""
        return await self.told(await self.stage.people(who).press(post, button), who)

    async def told(self, interaction: Interaction, who: str = "Mia") -> str:
        """Return what an interaction was answered with, which only that person sees."""
        message = await self.stage.people(who).answer(interaction)
        assert message is not None, "the bot did not answer"
        assert message.flags & 64
        return message.content

    async def next(self) -> ImagineRequest:
        """Return what is being painted."""
        await self.stage.executor.until(lambda: self.stage.executor.requests)
        (request,) = self.stage.executor.requests.values()
        return request

    async def after(self, post: Message) -> Message:
        """Wait for the bot's next message after a post in its channel."""
        messages = self.stage.sandbox.world.place(post.channel_id).messages
        bot = self.stage.sandbox.bot

        def later() -> list[Message]:
            return [each for each in messages.values() if each.author is bot and each.id > post.id]

        await self.stage.sandbox.until(lambda: bool(later()))
        return later()[0]

    def forget(self) -> None:
        """Delete every request from the database."""
        with contextlib.closing(sqlite3.connect(self.stage.settings.data_dir / "easel.db")) as connection:
            connection.execute("DELETE FROM requests")
            connection.commit()

    def lose_pictures(self) -> None:
        """Delete every finished picture and every upload."""
        for name in ("pictures", "uploads"):
            for file in (self.stage.settings.data_dir / name).glob("*"):
                file.unlink()


@pytest.fixture
def gallery(stage: Stage) -> Gallery:
    """Return pictures on the usual stage."""
    return Gallery(stage)
