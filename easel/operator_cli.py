"""What operators type beside ``easel run``. What a command needs is imported by the command."""

import os
from pathlib import Path
from typing import Annotated

import typer

operator = typer.Typer()
Config = Annotated[
    Path | None, typer.Option(help="YAML file of settings; ./easel.yaml where there is one.", show_default=False)
]
Settings = Annotated[
    list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Settings, such as data_dir=DIR.", show_default=False)
]


@operator.command()
def doctor(
    settings: Settings = None,
    config: Config = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON: name, level, text, advice.")] = False,
) -> None:
    """Look whether the bot can run: the machine, Discord, the weights, the devices.

    Prints a line for each, ok, warning or error with what to do. The exit code is 78 where there is an error.

    \b
    easel doctor
    easel doctor --config /etc/easel.yaml --json
    """
    from easel.doctor.report import examine, show

    if not show(examine(config, checked(settings)), as_json=json):
        raise typer.Exit(os.EX_CONFIG)


def checked(settings: list[str] | None) -> list[str]:
    """Refuse what is not ``key=value``, without repeating it: it could be a secret."""
    if not all("=" in each for each in settings or []):
        raise typer.BadParameter("should be key=value", param_hint="KEY=VALUE")
    return settings or []
