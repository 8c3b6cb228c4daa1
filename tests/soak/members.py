"""The members, who ask for pictures and change their minds, by the REST API as any client."""

import aiohttp

from sandbox import Sandbox
from sandbox.model import Message
from sandbox.snowflake import created_at
from tests.sandbox_fixtures import Person
from tests.soak.mix import Ask, Change
from tests.soak.record import Said, Shown

MODERATOR = "Moritz"


class Members:
    """Do what the mix says.

    Args:
        http: to call with.
        sandbox: where they are.
    """

    def __init__(self, http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self._http = http
        self._sandbox = sandbox
        self._asked: dict[int, tuple[Ask, int, int]] = {}
        self._done: dict[int, list[str]] = {}

    def _person(self, name: str) -> Person:
        return Person(self._http, self._sandbox, self._sandbox.person(name).token)

    async def ask(self, ask: Ask) -> None:
        """Ask for a picture."""
        person = self._person(ask.who)
        if ask.where == "private":
            _, opened = await person.call("POST", "/users/@me/channels", {"recipient_id": str(self._sandbox.bot.id)})
            channel = int(opened["id"])
        else:
            channel = self._sandbox.channel(ask.where).id
        body = {"content": ask.text(edited=False)}
        status, message = await person.call("POST", f"/channels/{channel}/messages", body)
        assert status == 200, message
        self._asked[ask.number] = ask, channel, int(message["id"])
        self._done[ask.number] = []

    async def change(self, change: Change) -> None:
        """Do something about a request; only what there is can be changed."""
        if change.number not in self._asked:
            return
        ask, channel, message = self._asked[change.number]
        person, path = self._person(ask.who), f"/channels/{channel}/messages"
        match change.what:
            case "edit":
                answer = await person.call("PATCH", f"{path}/{message}", {"content": ask.text(edited=True)})
            case "delete":
                answer = await person.call("DELETE", f"{path}/{message}")
            case "cancel":
                reference = {"message_id": str(message)}
                answer = await person.call("POST", path, {"content": ".cancel", "message_reference": reference})
            case "remove":
                posts = [each.id for each in self._messages if each.reference == message and each.author.bot]
                if not posts:
                    return
                answer = await self._person(MODERATOR).call("DELETE", f"{path}/{posts[0]}")
        if answer[0] < 300:
            self._done[change.number].append(change.what)

    @property
    def said(self) -> list[Said]:
        """All that was asked for."""
        said = []
        for number, (ask, channel, message) in self._asked.items():
            done = self._done[number]
            prompts = [ask.prompt(edited=edited) for edited in (False, True)[: 1 + ("edit" in done)]]
            author = self._sandbox.person(ask.who).id
            said.append(Said(message, channel, author, created_at(message), prompts, done))
        return said

    @property
    def shown(self) -> list[Shown]:
        """All that the bot has written and that is still there."""
        return [
            Shown(
                message.id,
                message.channel_id,
                message.content,
                [attachment.filename for attachment in message.attachments],
                message.reference,
                message.edited_at or created_at(message.id),
            )
            for message in self._messages
            if message.author is self._sandbox.bot
        ]

    @property
    def _messages(self) -> list[Message]:
        world = self._sandbox.world
        channels = [*world.guild.channels.values(), *world.direct.values()]
        return [message for channel in channels for message in channel.messages.values()]
