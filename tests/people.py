"""People of the sandbox, who write messages, call commands, press buttons, choose, and fill in forms.

They speak to the REST API as Discord's own client does; what came of it they read from the sandbox itself.
"""

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
import yarl

from sandbox import Sandbox
from sandbox.model import Channel, Interaction, Message, User

Files = list[tuple[str, bytes]]
Place = str | Channel
"""A channel, or the name of one of the server's."""

_ATTACHMENT = 11


class Person:
    """Acts as one user by the REST API, as any HTTP client can."""

    def __init__(self, http: aiohttp.ClientSession, sandbox: Sandbox, token: str) -> None:
        self._http = http
        self._sandbox = sandbox
        self._headers = {"Authorization": token}
        self.headers: dict[str, str] = {}
        """The headers of the last answer."""

    async def call(self, method: str, path: str, body: object = None, files: Files | None = None) -> tuple[int, Any]:
        """Call the API; returns status and JSON."""
        options: dict[str, Any] = {} if body is None else {"json": body}
        if files:
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("payload_json", json.dumps(body or {}), content_type="application/json")
            for number, (name, data) in enumerate(files):
                form.add_field(
                    f"files[{number}]", io.BytesIO(data), filename=name, content_type="application/octet-stream"
                )
            options = {"data": form}
        url = yarl.URL(self._sandbox.api_base + path, encoded=True)
        async with self._http.request(method, url, headers=self._headers, **options) as response:
            self.headers = dict(response.headers)
            text = await response.text()
            return response.status, json.loads(text) if text else None

    def messages_of(self, channel: Place) -> str:
        """Return the path of a channel's messages."""
        return f"/channels/{self._place(channel).id}/messages"

    async def say(self, channel: Place, content: str = "", *, files: Files | None = None, **more: Any) -> Any:
        """Write a message; returns it, and fails where it is refused."""
        status, answer = await self.call("POST", self.messages_of(channel), {"content": content, **more}, files)
        assert status == 200, answer
        return answer

    @property
    def user(self) -> User:
        """Who this is."""
        user = self._sandbox.world.user_by_token(self._headers["Authorization"].removeprefix("Bot "))
        assert user is not None
        return user

    async def run_command(
        self,
        channel: Place,
        name: str,
        options: Mapping[str, Any] | None = None,
        *,
        target: User | Message | None = None,
    ) -> Interaction:
        """Call a command, and fail where it is refused.

        Args:
            channel: where.
            name: the command's, with those of its group and subcommand: ``"queue show"``.
            options: values by name; of a user, role or channel its id, of a file ``(name, bytes)``.
            target: the user or the message whose context menu this is.
        """
        return await self.done(*await self.try_command(channel, name, options, target=target))

    async def try_command(
        self,
        channel: Place,
        name: str,
        options: Mapping[str, Any] | None = None,
        *,
        target: User | Message | None = None,
        focused: str | None = None,
    ) -> tuple[int, Any]:
        """Call a command; returns status and JSON. With the name of a `focused` option it is being typed."""
        kind = 1 if target is None else 2 if isinstance(target, User) else 3
        command, path = self._command(name, kind)
        files: Files = []
        data = {key: command[key] for key in ("id", "name", "version", "type")}
        if target is None:
            data["options"] = _given(command.get("options", []), path, dict(options or {}), files, focused)
            data["attachments"] = [{"id": str(at), "filename": name} for at, (name, _) in enumerate(files)]
        else:
            data["target_id"] = str(target.id)
        return await self._act(2 if focused is None else 4, self._place(channel), data, files)

    async def autocomplete(
        self, channel: Place, name: str, option: str, typed: str, options: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Type into an option of a command; returns what is offered, each with `name` and `value`."""
        answer = await self.try_command(channel, name, {**(options or {}), option: typed}, focused=option)
        interaction = await self.done(*answer)
        await self.answer(interaction)
        assert interaction.choices is not None, "the application did not respond"
        return interaction.choices

    async def press(self, message: Message, button: str) -> Interaction:
        """Press the button with this custom id or label, and fail where it is refused."""
        return await self.done(*await self.try_component(message, button))

    async def choose(self, message: Message, select: str, *values: str) -> Interaction:
        """Choose values in the select with this custom id or placeholder, and fail where it is refused."""
        return await self.done(*await self.try_component(message, select, *values))

    async def try_component(self, message: Message, name: str, *values: str) -> tuple[int, Any]:
        """Use a component; returns status and JSON."""
        component = component_of(message, name)
        data = {"component_type": component["type"], "custom_id": component["custom_id"]}
        if component["type"] != 2:
            data["values"] = list(values)
        channel = self._sandbox.world.place(message.channel_id)
        about = {"message_id": str(message.id), "message_flags": message.flags}
        return await self._act(3, channel, data, more=about)

    async def submit(self, opened: Interaction, values: Mapping[str, Any]) -> Interaction:
        """Send the form that was opened in an interaction, and fail where it is refused.

        Args:
            opened: the interaction that the form answered.
            values: texts, or lists of what is chosen, by the custom ids or labels of their fields; others stay as
                they are.
        """
        return await self.done(*await self.try_submit(opened, values))

    async def try_submit(self, opened: Interaction, values: Mapping[str, Any]) -> tuple[int, Any]:
        """Send a form; returns status and JSON."""
        form = opened.form
        assert form is not None, "no form is open"
        rows = []
        for row in form["components"]:
            field = row.get("component") or row["components"][0]
            names = (field["custom_id"], row.get("label"), field.get("label"))
            value = next((values[each] for each in names if each in values), field.get("value", ""))
            what = {"value": value} if field["type"] == 4 else {"values": value or []}
            filled = {"type": field["type"], "custom_id": field["custom_id"], **what}
            nested = {"component": filled} if "component" in row else {"components": [filled]}
            rows.append({"type": row["type"], **nested})
        data = {"id": str(opened.id), "custom_id": form["custom_id"], "components": rows}
        return await self._act(5, opened.channel, data)

    async def answer(self, interaction: Interaction) -> Message | None:
        """Wait until the bot has responded with more than that it is thinking, or failed to.

        Returns the message, which is None for a form, for choices, and where the bot did not respond.
        """

        def settled() -> bool:
            thinking = interaction.original is not None and bool(interaction.original.flags & 128)
            return interaction.failed or (interaction.acknowledged and not thinking)

        await self._sandbox.until(settled)
        return interaction.original

    async def done(self, status: int, answer: Any) -> Interaction:
        """Return the interaction that was just begun; fails where it was refused."""
        assert status == 204, answer
        return [each for each in self._sandbox.interactions if each.user is self.user][-1]

    def ephemerals(self, channel: Place) -> list[Message]:
        """Return the messages of a channel that only this person sees, oldest first."""
        return [each for each in self._place(channel).ephemeral.values() if each.audience is self.user]

    async def direct(self) -> Channel:
        """Return the conversation with the bot."""
        status, answer = await self.call("POST", "/users/@me/channels", {"recipient_id": str(self._sandbox.bot.id)})
        assert status == 200, answer
        return self._sandbox.world.place(int(answer["id"]))

    async def _act(
        self,
        kind: int,
        channel: Channel,
        data: dict[str, Any],
        files: Files | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> tuple[int, Any]:
        body: dict[str, Any] = {
            "type": kind,
            "application_id": str(self._sandbox.world.application.id),
            "channel_id": str(channel.id),
            "session_id": "0" * 32,
            "nonce": "1",
            "data": data,
            **(more or {}),
        }
        if channel.guild_id is not None:
            body["guild_id"] = str(channel.guild_id)
        return await self.call("POST", "/interactions", body, files)

    def _place(self, channel: Place) -> Channel:
        return self._sandbox.channel(channel) if isinstance(channel, str) else channel

    def _command(self, name: str, kind: int) -> tuple[dict[str, Any], list[str]]:
        """Return a command and the names of the group and the subcommand after its own."""
        application = self._sandbox.world.application
        whole, (first, *path) = name, name.split(" ")
        for each in [*application.guild_commands, *application.commands]:
            if each["type"] == kind and each["name"] == (first if kind == 1 else whole):
                return each, path
        raise AssertionError(f"there is no command {name!r}")


def components_of(message: Message) -> Iterator[dict[str, Any]]:
    """Yield the buttons and selects of a message."""
    return (each for row in message.components for each in row["components"])


def component_of(message: Message, name: str) -> dict[str, Any]:
    """Return the component of a message with this custom id, label or placeholder."""
    for each in components_of(message):
        if name in (each.get("custom_id"), each.get("label"), each.get("placeholder")):
            return each
    raise AssertionError(f"{name!r} is not among {list(components_of(message))}")


def _given(
    known: list[dict[str, Any]], path: list[str], options: dict[str, Any], files: Files, focused: str | None
) -> list[dict[str, Any]]:
    """Return the options as the client sends them, within their group and subcommand; adds to `files`."""
    by_name = {each["name"]: each for each in known}
    if path:
        deeper = by_name[path[0]]
        inside = _given(deeper.get("options", []), path[1:], options, files, focused)
        return [{"type": deeper["type"], "name": path[0], "options": inside}]
    given = []
    for name, value in options.items():
        kind = by_name.get(name, {"type": 3})["type"]
        if kind == _ATTACHMENT and isinstance(value, tuple):
            files.append(value)
            value = len(files) - 1
        elif kind in (6, 7, 8, 9):
            value = str(value)
        given.append({"type": kind, "name": name, "value": value, **({"focused": True} if name == focused else {})})
    return given
