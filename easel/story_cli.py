"""``easel story``: what is typed for a text in pictures. What the command needs is imported by it."""

from pathlib import Path
from typing import Annotated

import typer

from easel.settings_argument import checked

stories = typer.Typer()


@stories.command()
def story(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A text in UTF-8; - for standard input.", show_default=False),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE", help="Settings: models.vqgan=NAME.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FOLDER", help="For all of it.", show_default="FILE-story"),
    ] = None,
    sentences: Annotated[int, typer.Option(min=1, max=16, help="In how many sentences.")] = 5,
    summariser: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FOLDER",
            help="Language model that abridges it, instead of what texts.summariser names.",
            show_default=False,
        ),
    ] = None,
    abridge_only: Annotated[
        bool, typer.Option("--abridge-only", help="Print the sentences, to be edited for --from.")
    ] = False,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Paint these sentences, one in each line.", show_default=False),
    ] = None,
    style: Annotated[str | None, typer.Option(help="Of all pictures, as watercolor.", show_default=False)] = None,
    seed: Annotated[str | None, typer.Option(help="Of all that is random.", show_default=False)] = None,
    size: Annotated[
        str | None, typer.Option(help="Width and height in pixels, as 128x192.", show_default=False)
    ] = None,
    steps: Annotated[str | None, typer.Option(help="Of each picture.", show_default=False)] = None,
    painter: Annotated[str | None, typer.Option(help="On what it is painted.", show_default=False)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON: seed, pictures, out.")] = False,
) -> None:
    """Paint a text: abridged, a picture for each sentence, a film of all with captions, and a page.

    \b
    easel story tale.txt --style watercolor
    easel story tale.txt --sentences 8 --abridge-only > sentences.txt
    easel story --from sentences.txt --out tale
    easel story tale.txt --summariser facebook/bart-large-cnn
    """
    from config.layers import load
    from easel import stories as painting
    from easel.models import with_paths
    from texts.abridgement import written

    if file is not None and "=" in file.name and not file.exists():
        settings, file = [str(file), *(settings or [])], None
    if (file is None) == (source is None):
        raise typer.BadParameter("name the text, or by --from the sentences", param_hint="FILE")
    own = [] if summariser is None else [f"texts.summariser={summariser}"]
    chosen = load(arguments=["log.level=error", *checked(settings), *own])
    try:
        if source is not None:
            lines = painting.read_edited(source)
        else:
            assert file is not None
            lines = painting.read(file, sentences, chosen.texts)
        if abridge_only:
            print(written(lines), end="")
            return
        flags = {"style": style, "seed": seed, "size": size, "steps": steps, "painter": painter}
        given = source or file
        assert given is not None
        folder = out or Path("story" if str(given) == "-" else f"{given.stem}-story")
        asked = painting.story(lines, chosen, flags, folder)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    painting.paint_story(asked, with_paths(chosen), as_json=json)
