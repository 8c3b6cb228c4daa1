"""``easel logs``. What the command needs is imported by it."""

from typing import Annotated

import typer

from easel.operator_cli import Config, Settings
from easel.settings_argument import checked

logs = typer.Typer()


@logs.command("logs")
def show(
    request: Annotated[
        str,
        typer.Argument(metavar="ID", help="Of a request, or the id or link of its message.", show_default=False),
    ],
    settings: Settings = None,
    config: Config = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Print what became of a request: its stages, how it ended, and what the log says of it.

    \b
    easel logs 84bbd3eb01ac
    easel logs https://discord.com/channels/20/10/1443 --json data_dir=/var/lib/easel
    """
    from easel.request_log import print_request

    if not print_request(request, config, checked(settings), as_json=json):
        raise typer.Exit(1)
