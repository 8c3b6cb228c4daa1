"""``easel top``: what it takes. What the command needs is imported by the command."""

from typing import Annotated

import typer

from easel.operator_cli import Config, Settings
from easel.settings_argument import checked

watching = typer.Typer()


@watching.command()
def top(
    settings: Settings = None,
    config: Config = None,
    once: Annotated[bool, typer.Option("--once", help="Print it once.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print it once, as one line of JSON.")] = False,
) -> None:
    """Show the queue and the devices of a bot that runs, until Ctrl-C.

    It asks the operator's page, by the settings of the bot: admin.host, admin.port and admin.token_file.

    \b
    easel top
    easel top --once admin.port=8100 admin.token_file=/run/secrets/admin_token
    """
    from config.layers import load
    from config.token_file import with_admin_token
    from easel.top import top as show

    show(with_admin_token(load(config, checked(settings))), once=once, as_json=json)
