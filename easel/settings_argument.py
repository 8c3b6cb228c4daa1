"""Settings on the command line: ``KEY=VALUE``, as many as there are."""

import re
from typing import Annotated

import typer

SettingsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Settings, such as painting.steps=50.", show_default=False),
]
SETTING = re.compile(r"[\w.]+=")


def checked(settings: list[str] | None, *, beside_prompt: bool = False) -> list[str]:
    """Refuse what is not ``key=value``, without repeating it: it could be a secret.

    Args:
        settings: as they are typed.
        beside_prompt: whether it may be a word of a prompt without quotes.
    """
    if not all(map(SETTING.match, settings or [])):
        hint = "; a prompt of several words goes in quotes" if beside_prompt else ""
        raise typer.BadParameter(f"should be key=value{hint}", param_hint="KEY=VALUE")
    return settings or []
