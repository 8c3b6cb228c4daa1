"""``easel models``: what it takes. What a command needs is imported by the command."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from config.settings import Settings

models = typer.Typer(help="Fetch and check the published weights.", no_args_is_help=True)
Config = Annotated[
    Path | None, typer.Option(help="YAML file of settings; ./easel.yaml where there is one.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON.")]
SettingsOnly = Annotated[
    list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Settings, such as data_dir=DIR.", show_default=False)
]


@models.command("list")
def list_models(settings: SettingsOnly = None, config: Config = None, json: Json = False) -> None:
    """Show which models there are: name, kind, size, licence, and where it is once it is fetched.

    \b
    easel models list --json
    """
    from easel.models import print_list

    print_list(_none_named(settings, config), as_json=json)


@models.command()
def fetch(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME", help="Of a model; and settings, such as data_dir=DIR.", show_default=False),
    ],
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="PLACE",
            help="Take them from a weights file, a folder, or an https:// or file:// address of either.",
            show_default=False,
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Fetch models by their names, and print where each is.

    A download that broke off goes on; a file that is not the published one is refused.

    \b
    easel models fetch imagenet-16384 ViT-B/32
    easel models fetch imagenet-16384 --from /media/usb/vqgan_imagenet_f16_16384.ckpt
    """
    from easel.models import fetch_all

    wanted, settings = _apart(names, config)
    if not wanted:
        raise typer.BadParameter("name a model; easel models list shows all", param_hint="NAME")
    fetch_all(wanted, settings, source)


@models.command()
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Of a model; and settings, such as data_dir=DIR.", show_default=False),
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Read fetched models, all of them or those named, and compare them with what was published.

    A damaged file is renamed to FILE.damaged, and the exit code is 78.

    \b
    easel models verify
    """
    from easel.models import print_verified

    wanted, settings = _apart(names or [], config)
    print_verified(wanted, settings, as_json=json)


@models.command()
def path(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)],
    settings: SettingsOnly = None,
    config: Config = None,
) -> None:
    """Print the file that a setting would point to.

    \b
    easel models path imagenet-16384
    """
    from easel.models import print_path

    print_path(name, _none_named(settings, config))


def _apart(words: list[str], config: Path | None) -> tuple[list[str], "Settings"]:
    """Return the names among the words, and the settings with those among them."""
    from config.layers import load

    arguments = [word for word in words if re.match(r"[\w.]+=", word)]
    return [word for word in words if word not in arguments], load(config, arguments)


def _none_named(words: list[str] | None, config: Path | None) -> "Settings":
    names, settings = _apart(words or [], config)
    if names:
        raise typer.BadParameter("should be key=value", param_hint="KEY=VALUE")
    return settings
