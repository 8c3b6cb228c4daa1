"""The command line. What a command needs is imported by the command, so that ``--help`` is quick."""

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from easel.exit_code import told
from easel.imagine_cli import imagine, signature
from easel.journeys_cli import journeys
from easel.logs_cli import logs
from easel.models_cli import models
from easel.operator_cli import operator
from easel.redaction import TOKEN, redacting, remember
from easel.sample_cli import sample
from easel.settings_argument import SettingsArgument, checked
from easel.story_cli import stories
from easel.style_cli import styles
from easel.suggest_cli import suggestions
from easel.top_cli import watching

MISPLACED = (
    "That looks like a bot's token; it belongs in the variable EASEL_DISCORD__TOKEN or in the file that "
    "discord.token_file names, where other users of this machine do not see it."
)
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")]

app = typer.Typer(
    help="A self-hosted Discord bot that paints with VQGAN+CLIP.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 75 try again, 78 something to set up, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda name: name.replace("_", "-"),
    },
)


app.add_typer(models, name="models")


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, or these words instead, and exit."""
    words = sys.argv[1:] if words is None else words
    _open_closed_streams()
    for secret in ("EASEL_DISCORD__TOKEN", "EASEL_ADMIN__TOKEN"):
        remember(os.environ.get(secret))
    with contextlib.redirect_stderr(redacting(sys.stderr)):
        try:
            if any(TOKEN.match(word) for word in words):
                raise typer.BadParameter(MISPLACED)
            vars(imagine)["__signature__"] = signature(words)
            app(words, prog_name="easel")
        except Exception as error:
            sys.exit(told(error))
        finally:
            _flush()
    sys.exit(0)


def _open_closed_streams() -> None:
    """Lead standard streams that the caller closed to nowhere, or the next file to be opened would be taken for one."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w")


def _flush() -> None:
    """Write out what was printed, while it can still be said that nobody has room for it."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # What is not written yet would be tried again when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1 if isinstance(error, BrokenPipeError) else told(error))


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"easel {version('easel')}")
        raise typer.Exit


@app.callback()
def easel(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""
    del version


@app.command()
def demo(
    settings: SettingsArgument = None,
    port: Port = 8000,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    prompt: Annotated[
        str, typer.Option(help="What a member asks for at the start; '' for nothing.")
    ] = "a sunset over the sea",
) -> None:
    """Show the whole bot on this machine, with a page that looks like Discord.

    Goes on until Ctrl-C. Pictures are kept in data/demo.

    \b
    easel demo
    easel demo --port 8001 --no-browser --prompt 'a red apple'
    easel demo --prompt '' painting.steps=50
    """
    from easel.demo import show

    show(checked(settings), port=port, browser=browser, prompt=prompt)


@app.command()
def run(
    settings: SettingsArgument = None,
    config: Annotated[
        Path | None,
        typer.Option(help="YAML file of settings; ./easel.yaml where there is one.", show_default=False),
    ] = None,
) -> None:
    """Run the bot on Discord, until SIGTERM or Ctrl-C.

    Settings come from the defaults, the YAML file, EASEL_… variables and KEY=VALUE; the later wins.

    \b
    EASEL_DISCORD__TOKEN=… easel run
    easel run discord.token_file=/run/secrets/discord_token
    easel run --config /etc/easel.yaml queue.total=50
    """
    import asyncio

    from bot.app import run as run_bot
    from config.layers import load
    from config.token_file import with_admin_token, with_token
    from easel.disk import check_data_dir
    from easel.executor import executor_for
    from easel.logs import configure, keep_in
    from easel.models import with_paths
    from store.engine import secrets

    chosen = with_admin_token(with_token(load(config, checked(settings))))
    tokens = [token.get_secret_value() for token in (chosen.discord.token, chosen.admin.token) if token]
    url = chosen.store.url
    hidden = [*tokens, *(secrets(url.get_secret_value()) if url else [])]
    text = sys.stderr.isatty() if chosen.log.format == "auto" else chosen.log.format == "text"
    configure(chosen.log.level, hidden, "text" if text else "json")
    check_data_dir(chosen)
    keep_in(chosen.data_dir, chosen.log.megabytes, chosen.shards.ids)
    chosen = with_paths(chosen)
    asyncio.run(run_bot(chosen, executor_for(chosen, checked(settings))))


@app.command()
def sandbox(
    port: Port = 8000,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the bot's token there, for discord.token_file.", show_default=False),
    ] = None,
    until_input_ends: Annotated[bool, typer.Option("--until-input-ends", hidden=True)] = False,
) -> None:
    """Serve the page that looks like Discord, without the bot, until Ctrl-C.

    \b
    easel sandbox --token-file sandbox.token
    easel run discord.api_base=http://127.0.0.1:8000/api/v10 discord.token_file=sandbox.token data_dir=DIR
    """
    from easel.sandbox_process import serve

    serve(port, token_file, until_input_ends=until_input_ends)


app.command()(imagine)


@app.command()
def show(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A picture, a film or a latent that Easel made.", show_default=False)
    ],
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON: command, request, setup, pictures, missing.")
    ] = False,
) -> None:
    r"""Print the command line that made a picture.

    Also of what other programs took no metadata out of: .png, .jpg, .webp, .gif and .mp4. Of a latent, .safetensors,
    it is that of its picture.

    \b
    easel show apple.png
    easel show apple.png --json
    easel show apple.safetensors
    """
    from config.layers import load
    from easel.show import show as tell

    tell(file, load(), as_json=json)


app.command()(sample)
app.add_typer(operator)
app.add_typer(journeys)
app.add_typer(logs)
app.add_typer(watching)
app.add_typer(stories)
app.add_typer(suggestions)
app.add_typer(styles)
