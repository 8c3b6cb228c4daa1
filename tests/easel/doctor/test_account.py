"""What is said of Discord, by a sandbox."""

import pytest

from bot.connection import BAD_TOKEN
from config.layers import load
from config.settings.discord import DiscordSettings
from easel.doctor.account import examine_account, judge_clock
from easel.doctor.finding import Finding
from sandbox import Fault, Sandbox
from sandbox.permissions import Permission
from tests.sandbox_fixtures import description, observe, sandbox

__all__ = ["description", "observe", "sandbox"]


def settings(sandbox: Sandbox, token: str | None = None) -> DiscordSettings:
    token = sandbox.bot.token if token is None else token
    return load(
        environment={}, arguments=[f"discord.api_base={sandbox.api_base}", f"discord.token={token or 'null'}"]
    ).discord


async def found(settings: DiscordSettings) -> dict[str, Finding]:
    return {each.name: each for each in await examine_account(settings)}


async def test_no_token(sandbox: Sandbox) -> None:
    findings = await found(settings(sandbox, ""))
    assert findings["token"].level == "error"
    assert "EASEL_DISCORD__TOKEN" in findings["token"].text
    assert findings["clock"].level == "ok"


async def test_a_wrong_token(sandbox: Sandbox) -> None:
    findings = await found(settings(sandbox, "wrong"))
    assert findings["token"] == Finding("token", "error", BAD_TOKEN)


async def test_the_intent_is_off(sandbox: Sandbox) -> None:
    sandbox.set_message_content(enabled=False)
    findings = await found(settings(sandbox))
    assert findings["intents"].level == "warning"
    assert "discord.com/developers" in findings["intents"].advice


async def test_no_permission_in_a_server(sandbox: Sandbox) -> None:
    for role in sandbox.world.guild.roles.values():
        role.permissions &= ~(Permission.ATTACH_FILES | Permission.READ_MESSAGE_HISTORY)
    server = (await found(settings(sandbox)))["server The Studio"]
    assert (server.level, server.text) == ("warning", "missing: Attach Files, Read Message History")
    assert f"client_id={sandbox.bot.id}" in server.advice


async def test_discord_in_trouble(sandbox: Sandbox) -> None:
    sandbox.fail_next(Fault("GET", "/users/@me", 403, code=0, times=9))
    assert (await found(settings(sandbox)))["token"].level == "warning"


async def test_nothing_answers() -> None:
    (only,) = await examine_account(
        load(environment={}, arguments=["discord.api_base=http://127.0.0.1:9", "discord.token=x"]).discord
    )
    assert (only.name, only.level) == ("discord", "error")
    assert only.text.startswith("nothing answers at http://127.0.0.1:9 ")


@pytest.mark.parametrize(("ahead", "level"), [(0.0, "ok"), (-9.0, "ok"), (11.0, "warning"), (-3600.0, "warning")])
def test_the_clock(ahead: float, level: str) -> None:
    assert judge_clock(ahead).level == level
