from typing import Any

import pytest

from sandbox import Sandbox
from tests.sandbox_fixtures import Cast

NOBODY: dict[str, Any] = {"parse": []}


@pytest.mark.parametrize(
    ("content", "allowed", "users", "everyone"),
    [
        ("<@{mia}> and <@!{noor}>", None, ["Mia", "Noor"], False),
        ("<@{mia}> and <@{noor}>", NOBODY, [], False),
        ("<@{mia}> and <@{noor}>", {"parse": [], "users": ["{noor}"]}, ["Noor"], False),
        ("<@{mia}> @everyone", {"parse": ["users"]}, ["Mia"], False),
        ("`<@{mia}>` and ```\n<@{noor}> @everyone\n```", None, [], False),
        ("<@1> <@{mia}> <@{mia}>", None, ["Mia"], False),
        ("@everyone", None, [], True),
        ("@here", None, [], True),
        ("@everyone", NOBODY, [], False),
    ],
)
async def test_whom_a_message_pings(
    people: Cast, sandbox: Sandbox, content: str, allowed: Any, users: list[str], everyone: bool
) -> None:
    ids = {name: str(sandbox.person(name.title()).id) for name in ("mia", "noor")}
    if allowed and "users" in allowed:
        allowed = allowed | {"users": [each.format(**ids) for each in allowed["users"]]}
    sent = await people("bot").say("art", content.format(**ids), allowed_mentions=allowed)
    assert [each["global_name"] for each in sent["mentions"]] == users
    assert sent["mention_everyone"] is everyone


async def test_everyone_takes_a_permission(people: Cast, sandbox: Sandbox) -> None:
    sandbox.overwrite("art", sandbox.bot.id, deny=1 << 17)
    sent = await people("bot").say("art", "@everyone")
    assert sent["mention_everyone"] is False


async def test_roles(people: Cast, sandbox: Sandbox) -> None:
    painters = next(each.id for each in sandbox.world.guild.roles.values() if each.name == "Painters")
    sent = await people("bot").say("art", f"<@&{painters}>")
    assert sent["mention_roles"] == [str(painters)]
    sent = await people("bot").say("art", f"<@&{painters}>", allowed_mentions=NOBODY)
    assert sent["mention_roles"] == []
