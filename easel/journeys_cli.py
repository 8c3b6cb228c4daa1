"""What is typed for several pictures: a walk, a batch. What a command needs is imported by the command."""

from pathlib import Path
from typing import Annotated

import typer

from easel.settings_argument import checked

journeys = typer.Typer()
Settings = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Settings: models.vqgan=NAME.", show_default=False),
]
Seed = Annotated[str | None, typer.Option(help="Of all that is random; the same film again.", show_default=False)]
Size = Annotated[str | None, typer.Option(help="Width and height in pixels, as 128x192.", show_default=False)]
Steps = Annotated[str | None, typer.Option(help="Of each picture.", show_default=False)]
Painter = Annotated[str | None, typer.Option(help="On what it is painted.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON: seed, seconds, steps_per_second, out.")]


@journeys.command()
def walk(
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FILE", help="The film: .mp4, .gif or .webp.", show_default=False),
    ],
    prompt: Annotated[
        str | None,
        typer.Argument(metavar="PROMPT", help="What to paint or 'class: NAME', with | between.", show_default=False),
    ] = None,
    settings: Settings = None,
    latent: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="A latent to pass, of imagine --latent, behind the prompt.", show_default=False
        ),
    ] = None,
    picture: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A picture to pass, behind the latents.", show_default=False),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(metavar="N,N", help="Each text and class with each of these seeds.", show_default=False),
    ] = None,
    frames: Annotated[
        str | None, typer.Option(help="From one picture to the next.", show_default="50, or what fits")
    ] = None,
    hold: Annotated[
        str | None, typer.Option(help="Further frames for which it rests at each.", show_default="12, or what fits")
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Go on from the last picture to the first.")] = False,
    fps: Annotated[float | None, typer.Option(min=1, max=60, help="Frames in a second.", show_default="25")] = None,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Make this walk again.", show_default=False)
    ] = None,
    seed: Seed = None,
    size: Size = None,
    steps: Steps = None,
    painter: Painter = None,
    json: Json = False,
) -> None:
    """Film a walk between pictures: their latents are painted or read, and what lies between them decoded.

    \b
    easel walk 'a red apple | a pear | a lemon' --out fruit.mp4 --seed 7 --loop
    easel walk 'a forest --quality draft' --seeds 1,2,3 --out forest.webp
    easel walk 'class: owl | class: frog:0.6, mushroom:0.4' --seeds 1,2 --out classes.mp4
    easel walk --latent a.safetensors --latent b.safetensors --out walk.mp4 --frames 100 --hold 25
    easel walk --picture me.jpg --picture cat.png --out morph.gif --size 128x128
    easel walk --from fruit.mp4 --out again.mp4
    """
    from dataclasses import replace

    from config.layers import load
    from easel import walks as walking
    from easel.formats import FILM_ENDINGS, check_ending, film_of
    from easel.models import with_paths

    if prompt is not None and "=" in prompt and len(prompt.split()) == 1:
        settings, prompt = [prompt, *(settings or [])], None
    chosen = load(arguments=["log.level=error", *checked(settings)])
    flags = {"seed": seed, "size": size, "steps": steps, "painter": painter, "frames": frames, "hold": hold}
    flags |= {"loop": "yes" if loop else None, "video": film_of(out)}
    files = walking.Passed(latent or (), picture or ())
    before = None
    try:
        if source is not None:
            if prompt or seeds or any(flags[name] for name in ("seed", "size", "steps", "painter")):
                raise ValueError("--from makes the walk again as it was; leave out the prompt and what changes it")
            before = walking.asked_again(source, files)
            request, pictures = before.request, before.pictures
        else:
            check_ending(out, FILM_ENDINGS)
            request, pictures = walking.asked(prompt, chosen, flags, seeds, files)
        request = replace(request, fps=fps or request.fps)
        walking.check_file(out, request)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    walking.film(request, with_paths(chosen), out, pictures, as_json=json, before=before)


@journeys.command()
def batch(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A prompt with flags in each line, or .csv, or .jsonl.", show_default=False
        ),
    ],
    settings: Settings = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FOLDER", help="For the pictures.", show_default="the file's name without its ending"
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON: painted, already, failed, skipped, out.")
    ] = False,
) -> None:
    r"""Paint a file of requests into a folder, with a contact sheet and an index page.

    Where it broke off it goes on: what is finished is not painted again. Lines that are wrong are named and left out,
    and then the exit code is 1.

    \b
    easel batch prompts.txt
    easel batch prompts.csv --out pictures executor.devices=cuda:0,cuda:1
    """
    from config.layers import load
    from easel import batches as painting
    from easel.models import with_paths

    chosen = load(arguments=["log.level=error", *checked(settings)])
    folder = file.with_suffix("") if out is None else out
    try:
        painting.check_folder(folder)
        found = painting.read_file(file, chosen)
        is_whole = painting.paint(found, with_paths(chosen), folder, as_json=json)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not is_whole:
        raise typer.Exit(1)
