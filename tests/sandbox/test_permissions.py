import pytest

from sandbox.model import Overwrite
from sandbox.permissions import EVERYTHING, Permission, channel_permissions
from sandbox.world import World

SEND, VIEW, ATTACH = Permission.SEND_MESSAGES, Permission.VIEW_CHANNEL, Permission.ATTACH_FILES


@pytest.fixture
def world() -> World:
    return World("http://127.0.0.1:1", lambda: 1_790_000_000.0, "Easel")


def granted(world: World, name: str, channel: str) -> int:
    member = next(each for each in world.guild.members.values() if each.user.name == name)
    place = next(each for each in world.guild.channels.values() if each.name == channel)
    return channel_permissions(world.guild, member, place)


def test_the_owner_may_do_everything_everywhere(world: World) -> None:
    assert {granted(world, "Ada", each.name) for each in world.guild.channels.values()} == {EVERYTHING}


@pytest.mark.parametrize(
    ("name", "channel", "may", "may_not"),
    [
        ("Mia", "art", VIEW | SEND | ATTACH, Permission.MANAGE_MESSAGES),
        ("Moritz", "art", VIEW | SEND | Permission.MANAGE_MESSAGES, Permission.ADMINISTRATOR),
        ("Easel", "no-files", VIEW | SEND, ATTACH),
        ("Mia", "no-files", VIEW | SEND | ATTACH, Permission.MANAGE_MESSAGES),
        ("Easel", "announcements", VIEW, SEND | ATTACH | Permission.EMBED_LINKS | Permission.MENTION_EVERYONE),
        ("Moritz", "announcements", VIEW | SEND, Permission.ADMINISTRATOR),
        ("Moritz", "staff", VIEW | SEND, Permission.ADMINISTRATOR),
        ("Mia", "staff", Permission(0), VIEW | SEND),
    ],
)
def test_roles_and_overwrites_add_up(
    world: World, name: str, channel: str, may: Permission, may_not: Permission
) -> None:
    permissions = granted(world, name, channel)
    assert permissions & may == may
    assert not permissions & may_not


def test_a_members_own_overwrite_has_the_last_word(world: World) -> None:
    channel = next(each for each in world.guild.channels.values() if each.name == "staff")
    mia = next(user for user in world.users.values() if user.name == "Mia")
    channel.overwrites[mia.id] = Overwrite(allow=VIEW, deny=SEND)
    permissions = granted(world, "Mia", "staff")
    assert permissions & VIEW
    assert not permissions & SEND


def test_an_administrator_is_bound_by_nothing(world: World) -> None:
    role = next(each for each in world.guild.roles.values() if each.name == "Painters")
    role.permissions |= Permission.ADMINISTRATOR
    assert granted(world, "Noor", "staff") == EVERYTHING
