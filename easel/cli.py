"""The command line. What a command needs is imported by the command, so that ``--help`` is quick."""

import contextlib
import enum
import errno
import inspect
import os
import re
import sys
from collections.abc import Sequence
from keyword import iskeyword
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from easel.journeys_cli import journeys
from easel.logs_cli import logs
from easel.models_cli import models
from easel.operator_cli import operator
from easel.redaction import TOKEN, redacting, remember
from easel.sample_cli import sample
from easel.story_cli import stories
from easel.style_cli import styles
from easel.suggest_cli import suggestions
from easel.top_cli import watching

SetupArguments = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Settings, such as painting.steps=50.", show_default=False),
]
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
MISPLACED = (
    "That looks like a bot's token; it belongs in the variable EASEL_DISCORD__TOKEN or in the file that "
    "discord.token_file names, where other users of this machine do not see it."
)
SETTING = re.compile(r"[\w.]+=")
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What becomes of a stream that nobody has room for."""
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


class Precision(enum.StrEnum):
    """Number formats, by the names that people use."""

    fp32 = "fp32"
    bf16 = "bf16"
    fp16 = "fp16"

    @property
    def setting(self) -> str:
        """The value of ``models.precision``."""
        return {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}[self]


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
            vars(imagine)["__signature__"] = _imagine_signature(words)
            app(words, prog_name="easel")
        except Exception as error:
            sys.exit(_told(error))
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
        sys.exit(1 if isinstance(error, BrokenPipeError) else _told(error))


def _told(error: Exception) -> int:
    """Say what ended the program, and return its exit code: in a sentence, or else by the traceback."""
    code = _exit_code(error)
    if isinstance(error, OSError) and error.errno in FULL and error.filename is None:
        code, error = 1, OSError(f"what there is to print cannot be written: {error.strerror}")
    if code is not None:
        print(f"easel: {' '.join(str(error).split())}", file=sys.stderr)
        return code
    from easel.logs import plain_traceback

    print(plain_traceback(error), file=sys.stderr)
    return 1


def _exit_code(error: Exception) -> int | None:
    """Return the exit code of an error whose sentence says all, None for any other."""
    from bot.errors import BotError, SetupError
    from config.layers import ConfigError
    from easel.picture_file import SaveError
    from generation.errors import CheckpointError, DeviceError, GenerationError, NoMemoryError
    from language.errors import LanguageError
    from store.errors import PassingError, StoreError
    from weights.errors import FetchError, UnknownModelError, UnusableError

    if isinstance(error, typer.BadParameter | UnknownModelError):
        return 2
    if isinstance(error, PassingError | NoMemoryError):
        return os.EX_TEMPFAIL
    to_set_up = ConfigError | SetupError | StoreError | CheckpointError | DeviceError | UnusableError | LanguageError
    if isinstance(error, to_set_up):
        return os.EX_CONFIG
    return 1 if isinstance(error, BotError | GenerationError | SaveError | FetchError) else None


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
    settings: SetupArguments = None,
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

    show(_checked(settings), port=port, browser=browser, prompt=prompt)


@app.command()
def run(
    settings: SetupArguments = None,
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

    chosen = with_admin_token(with_token(load(config, _checked(settings))))
    tokens = [token.get_secret_value() for token in (chosen.discord.token, chosen.admin.token) if token]
    url = chosen.store.url
    hidden = [*tokens, *(secrets(url.get_secret_value()) if url else [])]
    text = sys.stderr.isatty() if chosen.log.format == "auto" else chosen.log.format == "text"
    configure(chosen.log.level, hidden, "text" if text else "json")
    check_data_dir(chosen)
    keep_in(chosen.data_dir, chosen.log.megabytes, chosen.shards.ids)
    chosen = with_paths(chosen)
    asyncio.run(run_bot(chosen, executor_for(chosen, _checked(settings))))


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


@app.command()
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
    settings: SetupArguments = None,
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
    from dataclasses import replace

    from bot.prompt import LIKENESS
    from config.layers import load
    from config.settings import DEFAULT_MODEL, DEVICE
    from easel import again, steering
    from easel import imagine as painting
    from easel.finished import FinishedArguments
    from easel.models import only
    from easel.picture_arguments import PictureArguments, start_in
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
    arguments = ["log.level=error", *_checked(settings)]
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
        flags["size"] = flags.get("size") or given.size
        if finished.path is not None:
            if source or start or mask or init_latent or flags.get("init"):
                raise ValueError("--continue, --vary and --larger begin from their picture, and not in another way")
            request, known = finished.read(prompt, chosen, flags)
        elif before is not None:
            before = known = again.with_pictures(before)
            request = again.asked(prompt, before, chosen, flags, begins_anew=bool(start or init_latent))
        else:
            known = None
            request = painting.request(prompt or "", chosen, flags, LIKENESS if target else "")
        request = replace(request, outputs=tuple(files.outputs), fps=fps, length=length, dwell=dwell, fade=fade or 0.0)
        if steer:
            request = steering.steer(request, steer)
        files.check(request)
        request, pictures = given.read(request, known)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    painting.paint(request, only(chosen, request.model), files, as_json=json, pictures=pictures, before=before)


@app.command()
def show(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A picture or a film that Easel made.", show_default=False)
    ],
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON: command, request, setup, pictures, missing.")
    ] = False,
) -> None:
    r"""Print the command line that made a picture.

    Also of what other programs took no metadata out of: .png, .jpg, .webp, .gif and .mp4.

    \b
    easel show apple.png
    easel show apple.png --json
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

IMAGINE = inspect.signature(imagine)


def _imagine_signature(words: Sequence[str]) -> inspect.Signature:
    """Return the signature of ``imagine`` with the flags, whose table is imported only where they are asked about."""
    *parameters, _ = IMAGINE.parameters.values()
    if "imagine" in words:
        from bot.flags import BESIDE, FLAGS, OF_WALKS

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


def _checked(settings: list[str] | None) -> list[str]:
    """Refuse what is not ``key=value``, without repeating it: it could be a secret."""
    if not all(map(SETTING.match, settings or [])):
        raise typer.BadParameter(
            "should be key=value; a prompt of several words goes in quotes", param_hint="KEY=VALUE"
        )
    return settings or []
