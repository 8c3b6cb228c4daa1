"""``easel suggest``: prompts from a few words. What the command needs is imported by it."""

import secrets
from typing import Annotated

import typer

suggestions = typer.Typer()


@suggestions.command()
def suggest(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORDS", help="What they are about.", show_default="anything")
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=10, help="How many.")] = 5,
    seed: Annotated[
        int | None, typer.Option(min=0, help="With the same one they are the same.", show_default="another each time")
    ] = None,
    author: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FOLDER",
            help="Language model that makes them up, instead of what texts.author names.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Print prompts from a few words, each a line; easel batch paints such a file.

    \b
    easel suggest fox
    easel suggest an old clock --count 10 --seed 7 > prompts.txt
    easel suggest an old clock --author gpt2
    """
    from bot.prompt import quoted
    from config.layers import load
    from easel.abridging import suggest as suggested
    from generation.styles import STYLES
    from texts.errors import TextError

    settings = load(arguments=[] if author is None else [f"texts.author={author}"]).texts
    endings = [style.ending for style in STYLES.values()]
    try:
        chance = secrets.randbits(32) if seed is None else seed
        found = suggested(" ".join(words or []), chance, count, settings, endings)
    except TextError as error:
        raise typer.BadParameter(str(error), param_hint="WORDS") from None
    for each in found:
        print(quoted(each))
