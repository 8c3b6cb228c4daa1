"""``easel style``: pictures in the style of others. What the command needs is imported by it."""

from pathlib import Path
from typing import Annotated

import typer

from easel.settings_argument import checked

styles = typer.Typer()


@styles.command()
def style(
    content: Annotated[
        Path,
        typer.Argument(metavar="CONTENT", help="A picture, a folder of pictures, or a video.", show_default=False),
    ],
    like: Annotated[
        list[str],
        typer.Option(
            "--like",
            metavar="FILE[:WEIGHT]",
            help="A picture in whose style; may be given several times.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FILE|FOLDER", help="Where it goes; of a video .mp4.", show_default=False),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE", help="Settings: models.vqgan=NAME.", show_default=False),
    ] = None,
    words: Annotated[str, typer.Option(help="That describe the style too.", show_default=False)] = "",
    init_weight: Annotated[
        str | None, typer.Option("--init-weight", help="How strongly the content is held.", show_default="2")
    ] = None,
    strength: Annotated[
        str | None, typer.Option(help="How much it is painted over, 0.01 to 1.", show_default="1")
    ] = None,
    seed: Annotated[str | None, typer.Option(help="Of all that is random.", show_default=False)] = None,
    size: Annotated[
        str | None, typer.Option(help="Width and height in pixels.", show_default="the content's shape")
    ] = None,
    steps: Annotated[str | None, typer.Option(help="Of each picture.", show_default=False)] = None,
    painter: Annotated[str | None, typer.Option(help="On what it is painted.", show_default=False)] = None,
    fps: Annotated[
        float | None, typer.Option(min=1, max=60, help="Frames of a video in a second.", show_default="all")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON: seed, pictures, out.")] = False,
) -> None:
    """Paint a picture, a folder or a video in the style of another picture.

    In a video what stands still is painted once, so that it does not flicker.

    \b
    easel style me.jpg --like starry-night.jpg --out me-starry.png
    easel style holiday/ --like print.png --words 'woodblock print' --out styled/
    easel style clip.mp4 --like neon.png --out neon.mp4 --fps 8 --steps 40
    """
    from config.layers import load
    from easel import restyle as painting
    from easel.models import with_paths
    from easel.video_frames import is_video

    chosen = load(arguments=["log.level=error", *checked(settings)])
    flags = {"init-weight": init_weight, "strength": strength, "seed": seed, "size": size, "steps": steps}
    wanted = painting.Style(like, words, {**flags, "painter": painter}, chosen)
    try:
        if is_video(content):
            painting.paint_video(content, wanted, out, with_paths(chosen), fps, as_json=json)
            return
        if fps is not None:
            raise ValueError(f"--fps is about a video, and {content} is none")
        pictures = painting.pictures_in(content) if content.is_dir() else [content]
        is_whole = painting.paint_pictures(
            pictures, wanted, out, with_paths(chosen), into_folder=content.is_dir(), as_json=json
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not is_whole:
        raise typer.Exit(1)
