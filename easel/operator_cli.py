"""What operators type beside ``easel run``. What a command needs is imported by the command."""

import os
from pathlib import Path
from typing import Annotated

import typer

from easel.settings_argument import checked

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


@operator.command()
def setup(
    config: Annotated[Path, typer.Option(metavar="FILE", help="The settings to write.")] = Path("easel.yaml"),
    token_file: Annotated[
        Path, typer.Option(metavar="FILE", help="Where the token is put; only you can read it.")
    ] = Path("easel.token"),
    token_from: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Read the token from there, - for standard input.", show_default="asked"),
    ] = None,
    data_dir: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where requests and pictures are kept.", show_default="asked")
    ] = None,
    vqgan: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="What paints.", show_default="asked, else pocket")
    ] = None,
    clip: Annotated[
        str | None, typer.Option(metavar="NAME|FILE[+…]", help="What judges.", show_default="asked, else pocket")
    ] = None,
    fetch: Annotated[
        bool | None, typer.Option("--fetch/--no-fetch", help="Fetch the weights now.", show_default="asked, else no")
    ] = None,
    api_base: Annotated[
        str | None, typer.Option(metavar="URL", help="Of a server like Discord, a sandbox.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
) -> None:
    """Ask for the token and the weights, write the settings, and print the link that adds the bot to a server.

    What an option says is not asked, and nothing is where there is no terminal.

    \b
    easel setup
    easel setup --token-from - --data-dir /var/lib/easel --vqgan imagenet-16384 --clip ViT-B/32 --fetch < token
    """
    from config.layers import ConfigError
    from easel.setup import ALONE, Answers, set_up

    answers = Answers(token_from, data_dir, vqgan, clip, fetch)
    try:
        set_up(config, token_file, api_base, answers, force=force)
    except EOFError:
        raise ConfigError(ALONE if token_from is None else "an answer is missing") from None


@operator.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to write.", show_default=False)],
    settings: Settings = None,
    config: Config = None,
    pictures: Annotated[bool, typer.Option("--pictures/--no-pictures", help="With the finished pictures.")] = True,
) -> None:
    """Write what the bot keeps into one file, also while it runs.

    \b
    easel backup /backup/easel-$(date +%F).zip --no-pictures
    """
    from easel.backup import write

    write(file, config, checked(settings), pictures=pictures)


@operator.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Of easel backup.", show_default=False)],
    settings: Settings = None,
    config: Config = None,
) -> None:
    """Put back what easel backup wrote, into a data_dir without a database.

    \b
    easel restore /backup/easel-2027-01-31.zip data_dir=/var/lib/easel
    """
    from easel.backup import read

    read(file, config, checked(settings))


@operator.command()
def downgrade(
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="That the version before knows.", show_default=False)
    ],
    settings: Settings = None,
    config: Config = None,
) -> None:
    """Bring the database back to an earlier revision, before the version of Easel before is installed.

    The bot must not run. Upgrades need no command: each start brings the database to the newest revision.

    \b
    easel downgrade 0003
    """
    from easel.downgrade import bring_back

    bring_back(revision, config, checked(settings))
