"""``easel imagine``: what it takes. What the command needs is imported by the command."""

import enum
import inspect
from collections.abc import Sequence
from keyword import iskeyword
from pathlib import Path
from typing import Annotated, Literal

import typer

from easel.settings_argument import SETTING, SettingsArgument, checked

ELSEWHERE = {
    "seed": ("-sd",),
    "size": ("-s",),
    "steps": ("-i",),
    "init": ("--init-image", "-ii", "-in"),
    "init-weight": ("-iw",),
    "optimiser": ("-opt",),
    "rate": ("-lr",),
    "cutouts": ("-cuts",),
    "cuts": ("-cutm",),
    "cut-power": ("-cutp",),
    "augment": ("-aug",),
    "zoom": ("-zsc",),
    "move-every": ("-zse",),
}
"""Names of flags in nerdyrodent's VQGAN-CLIP, beside the aliases."""


class Precision(enum.StrEnum):
    """Number formats, by the names that people use."""

    fp32 = "fp32"
    bf16 = "bf16"
    fp16 = "fp16"

    @property
    def setting(self) -> str:
        """The value of ``models.precision``."""
        return {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}[self]


def imagine(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "--output",
            "-o",
            metavar="FILE",
            help="Where to put the picture: .png, .jpg or .webp.",
            show_default=False,
        ),
    ],
    prompt: Annotated[
        str | None, typer.Argument(metavar="PROMPT", help="What to paint; that of --from.", show_default=False)
    ] = None,
    settings: SettingsArgument = None,
    device: Annotated[
        str | None,
        typer.Option(
            "--device", "-cd", help="cpu, cuda or cuda:N; several with commas.", show_default="a GPU, else the CPU"
        ),
    ] = None,
    vqgan: Annotated[
        str | None,
        typer.Option(
            "--vqgan",
            "-ckpt",
            metavar="NAME|FILE",
            help="A fetched VQGAN, or its .ckpt or .safetensors.",
            show_default=False,
        ),
    ] = None,
    vqgan_config: Annotated[
        str | None,
        typer.Option(
            "--vqgan-config", "-conf", metavar="FILE", help="Its YAML, where none lies beside it.", show_default=False
        ),
    ] = None,
    clip: Annotated[
        str | None,
        typer.Option(
            "--clip",
            "--clip-model",
            "-m",
            metavar="NAME|FILE[+…]",
            help="A fetched CLIP, or its file.",
            show_default=False,
        ),
    ] = None,
    precision: Annotated[
        Precision | None, typer.Option(help="What the networks compute in.", show_default=False)
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON: seed, seconds, steps_per_second, out.")
    ] = False,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            "-ip",
            metavar="FILE[:WEIGHT]",
            help="A picture to come near to; may be given several times.",
            show_default=False,
        ),
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Paint only where this is white, on the picture of --init.", show_default=False
        ),
    ] = None,
    steer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'STEP: WORDS'",
            help="From a step on, paint 'more: …', 'less: …' or '…::WEIGHT'; may be given several times.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Make this picture again, with what is said beside.", show_default=False
        ),
    ] = None,
    on: Annotated[
        Path | None,
        typer.Option(
            "--continue",
            metavar="FILE",
            help="Paint on at this finished picture, by its prompt or another one.",
            show_default=False,
        ),
    ] = None,
    vary: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Paint another picture like this finished one.", show_default=False),
    ] = None,
    strong: Annotated[bool, typer.Option("--strong", help="With --vary: less like it.")] = False,
    larger: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Paint this finished picture at twice the sides, with finer details.",
            show_default=False,
        ),
    ] = None,
    video: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Film how it is painted: .mp4, .gif or .webp.", show_default=False),
    ] = None,
    latent: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write what it is decoded from: .safetensors.", show_default=False),
    ] = None,
    init_latent: Annotated[
        Path | None,
        typer.Option(
            "--init-latent", metavar="FILE", help="Begin exactly from a file of --latent.", show_default=False
        ),
    ] = None,
    fps: Annotated[
        float | None, typer.Option(min=1, max=60, help="Pictures of the film in a second.", show_default="25")
    ] = None,
    length: Annotated[
        float | None, typer.Option(min=1, max=600, help="Seconds of the film.", show_default="as it comes")
    ] = None,
    dwell: Annotated[
        float | None,
        typer.Option(min=0, max=60, help="Seconds for which it shows the finished picture.", show_default="2"),
    ] = None,
    fade: Annotated[
        float | None,
        typer.Option(min=0, max=10, help="Seconds over which it comes out of black, and goes.", show_default="0"),
    ] = None,
    **flags: str | None,
) -> None:
    """Paint one picture, without Discord.

    \b
    easel imagine 'a red apple' --out apple.png
    easel imagine 'a storm, oil painting' --out storm.png --size 192x128 --seed 7
    easel imagine 'a red apple' --out apple.png --vqgan coco --clip ViT-B/32
    easel imagine 'a red hat' --out hat.png --init me.jpg --mask head.png
    easel imagine 'a red apple' --out apple.webp --video apple.mp4 --length 10
    easel imagine 'a forest' --out forest.png --video forest.mp4 --zoom 1.02 --rotate 1 --move-every 5
    easel imagine 'the sea' --out sea.png --steer '30: more: a lighthouse | less: fog'
    easel imagine --from apple.webp --out again.png --seed 8
    easel imagine --continue apple.png --out more.png
    easel imagine --larger apple.png --out large.png
    """
    from bot.prompt import LIKENESS
    from config.layers import load
    from config.settings.executor import DEVICE
    from config.settings.models import DEFAULT_MODEL
    from easel import again, steering
    from easel import imagine as painting
    from easel.finished import FinishedArguments
    from easel.models import only
    from easel.picture_arguments import PictureArguments, check_beside, sized, start_in
    from easel.picture_file import Files

    finished = FinishedArguments(on, vary, larger, strong)
    is_given = source or target or on or vary or larger
    if is_given and prompt is not None and SETTING.match(prompt):
        settings = [prompt, *(settings or [])]
        prompt = None
    if prompt is None and not is_given:
        raise typer.BadParameter(
            "say what to paint, or --from, --continue, --vary or --larger which file, or --target what it is like",
            param_hint="PROMPT",
        )
    arguments = ["log.level=error", *checked(settings, beside_prompt=True)]
    if device is not None:
        if not all(map(DEVICE.fullmatch, device.split(","))):
            raise typer.BadParameter("should be cpu, cuda or cuda:N", param_hint="--device")
        arguments.append(f"executor.devices={device}")
    named = {"vqgan": vqgan, "vqgan_config": vqgan_config, "clip": clip, "precision": precision and precision.setting}
    arguments += [f"models.{key}={value}" for key, value in named.items() if value is not None]
    if vqgan is not None or clip is not None:
        if flags.get("model") not in (None, DEFAULT_MODEL):
            raise typer.BadParameter("names the weights; leave --vqgan and --clip out", param_hint="--model")
        flags["model"] = DEFAULT_MODEL
    chosen = load(arguments=arguments)
    start = start_in(flags.get("init"))
    flags |= {"init": None} if start else {}
    before = again.read_file(source) if source else None
    files = Files(out, video, latent)
    given = PictureArguments(start, target or (), mask, init_latent)
    try:
        flags |= sized(flags, prompt or "", given.shape)
        if finished.path is not None:
            if source or start or mask or init_latent or flags.get("init"):
                raise ValueError("--continue, --vary and --larger begin from their picture, and not in another way")
            request, known = finished.read(prompt, chosen, flags)
        elif before is not None:
            before = known = again.with_pictures(before)
            begins: Literal["", "picture", "latent"] = "picture" if start else "latent" if init_latent else ""
            request = again.asked(prompt, before, chosen, flags, begins=begins)
        else:
            known = None
            request = painting.request(prompt or "", chosen, flags, LIKENESS if target else "")
        pace = {"fps": fps, "length": length, "dwell": dwell, "fade": fade}
        request = again.with_outputs(request, [*files.outputs], pace)
        if steer:
            request = steering.steer(request, steer)
        files.check(request)
        request, pictures = given.read(request, known)
        check_beside(request, None if known is None else known.request)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    painting.paint(request, only(chosen, request.model), files, as_json=json, pictures=pictures, before=before)


IMAGINE = inspect.signature(imagine)


def signature(words: Sequence[str]) -> inspect.Signature:
    """Return the signature of ``imagine`` with the flags, whose table is imported only where they are asked about."""
    *parameters, _ = IMAGINE.parameters.values()
    if "imagine" in words:
        from bot.flags.table import FLAGS, OF_WALKS
        from bot.flags.usual import BESIDE

        for name, flag in FLAGS.items():
            if BESIDE.keys() & flag.fields or "outputs" in flag.fields or name in OF_WALKS:
                continue  # --init, --target, --mask and --video say it, and it is one picture
            names = [f"--{each}" for each in (name, *flag.aliases)]
            text = f"{flag.help[0].upper()}{flag.help[1:]}; for example {flag.example}."
            if name == "init":
                text += " Or a file, the picture to begin from: cat.png, ./cat."
            check = None if flag.takes_words else _one_word
            option = typer.Option(
                None,
                *names,
                *ELSEWHERE.get(name, ()),
                metavar=name.upper(),
                help=text,
                show_default=False,
                callback=check,
            )
            own = name.replace("-", "_") + "_" * iskeyword(name)
            only = inspect.Parameter.KEYWORD_ONLY
            parameters.append(inspect.Parameter(own, only, default=option, annotation=str | None))
    return IMAGINE.replace(parameters=parameters)


def _one_word(value: str | None) -> str | None:
    """Refuse several words: all behind the first would be taken for some of the prompt."""
    if value is not None and len(value.split()) > 1:
        raise typer.BadParameter(f"should be one word, with commas instead of blanks, not '{value}'")
    return value
