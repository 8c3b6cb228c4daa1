"""`python -m training`: draw pictures, train the pocket models on them, write the weights."""

import argparse
import json
import os
import platform
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

from generation.checkpoints.biggan import load_biggan
from generation.checkpoints.loader import load_clip, load_vqgan
from generation.pocket.composer import load_composer
from training import biggan, clip, dataset, sketch, vocabulary, vqgan
from training.drawings import draw
from training.evaluate import clip_figures, sketch_figures, vqgan_figures
from training.recipe import pocket, recipe
from training.sheet import sheet as contact_sheet

ROOT = Path(__file__).parent.parent
RUNS = ROOT / "training" / "runs"
FIGURES = ROOT / "training" / "figures"
WEIGHTS = ROOT / "generation" / "weights" / "pocket"
DRAWINGS = 100_000
CLASS_DRAWINGS = 12_600
HOURS = 3.0
SHARES = {"clip": 0.45, "vqgan": 0.15, "sketch": 0.4}  # of the time
JUDGE = clip.Shape(vision_layers=(1, 1, 2, 2), vision_width=40, embed_dim=192)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large all is: the networks, and how many drawings no training sees."""

    perceptor: clip.Shape
    canvas: vqgan.Shape
    composer: sketch.Shape
    held_out: int
    generator: biggan.Sizes = biggan.SHIPPED


SHIPPED = Sizes(clip.Shape(), vqgan.Shape(), sketch.Shape(), dataset.HELD_OUT)


def main(arguments: Sequence[str] | None = None, sizes: Sizes = SHIPPED) -> None:
    """Run a command."""
    options = _parser().parse_args(arguments)
    options.sizes = sizes
    options.device = torch.device(options.device)
    options.command(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder for drawings and checkpoints")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder that the weights are written to")
    parser.add_argument("--figures", type=Path, default=FIGURES, help="folder that curves and sheets are copied to")
    parser.add_argument("--drawings", type=int, default=DRAWINGS, help="how many pictures are drawn")
    parser.add_argument("--classes", type=int, default=CLASS_DRAWINGS, help="how many pictures of classes are drawn")
    parser.add_argument("--device", default="cpu", help="to train on, as torch names it")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=run)
        return sub

    command("draw", _draw, "draw the pictures")
    look = command("sheet", _sheet, "draw a contact sheet, to be looked at")
    look.add_argument("--seed", default="sheet")
    look.add_argument("--out", type=Path, default=Path("sheet.png"))
    for name, run in (("clip", _clip), ("vqgan", _vqgan), ("sketch", _compose)):
        sub = command(name, run, f"train the {name} and write its weights; resumes what was interrupted")
        sub.add_argument("--minutes", type=float, default=HOURS * 60 * SHARES[name], help="of training in all")
        if name == "clip":
            sub.add_argument("--start", type=Path, help="finished weights to go on from")
    classes = command("biggan", _biggan, "train the BigGAN on drawings of classes and write its weights, best on a GPU")
    classes.add_argument("--minutes", type=float, default=4.0, help="of training in all")
    samples = command(
        "samples", _samples, "draw a sheet of the BigGAN's samples, shuffled and without names, and print the names"
    )
    samples.add_argument("--seed", type=int, default=1)
    samples.add_argument("--out", type=Path, default=Path("samples.png"))
    samples.add_argument("--named", action="store_true", help="in order, with their names")
    judge = command("judge", _judge, "train another CLIP on other drawings, which judges pictures and never paints")
    judge.add_argument("--minutes", type=float, default=30.0, help="of training in all")
    command("evaluate", _evaluate, "measure the weights on held-out drawings; write figures, curves, sheets")
    command("vocabulary", _vocabulary, "write docs/pocket.md, with a picture of each word")
    whole = command("all", _all, "draw, train CLIP, VQGAN and composer, write, measure; resumes what was interrupted")
    whole.add_argument("--hours", type=float, default=HOURS, help="of training in all")
    return parser


def _draw(options: argparse.Namespace) -> None:
    def progress(done: int, count: int) -> None:
        print(f"drawings: {done} of {count}", flush=True)

    dataset.make(options.runs / "held-out", options.sizes.held_out, "held-out")
    dataset.make(options.runs / "drawings", options.drawings, "drawing", progress=progress)


def _sheet(options: argparse.Namespace) -> None:
    drawings = [draw(f"{options.seed}-{index // 4}", index % 4) for index in range(96)]
    contact_sheet([drawing.image for drawing in drawings], [drawing.captions[0] for drawing in drawings]).save(
        options.out
    )
    print(options.out)


def _held_out_captions(options: argparse.Namespace) -> list[str]:
    held_out = dataset.load(options.runs / "held-out")
    return [caption for captions in held_out.captions for caption in captions]


def _clip(options: argparse.Namespace) -> None:
    _draw(options)
    training = clip.CLIPTraining(
        dataset.load(options.runs / "drawings"),
        _held_out_captions(options),
        options.runs / "clip.pt",
        options.minutes,
        shape=options.sizes.perceptor,
        start=options.start,
        device=options.device,
    )
    training.run()
    clip.write(training.state_dict(), options.weights / "clip.pt")


def _judge(options: argparse.Namespace) -> None:
    dataset.make(options.runs / "held-out", options.sizes.held_out, "held-out")
    dataset.make(options.runs / "judge-drawings", options.drawings, "judge")
    training = clip.CLIPTraining(
        dataset.load(options.runs / "judge-drawings"),
        _held_out_captions(options),
        options.runs / "judge-checkpoint.pt",
        options.minutes,
        shape=JUDGE,
        seed=1,
        device=options.device,
        judging=True,
    )
    training.run()
    clip.write(training.state_dict(), options.runs / "judge.pt")
    judge = load_clip(options.runs / "judge.pt").requires_grad_(False)
    print(json.dumps(clip_figures(judge, dataset.load(options.runs / "held-out")), indent=2))


def _vqgan(options: argparse.Namespace) -> None:
    _draw(options)
    perceptor = options.weights / "clip.pt"
    training = vqgan.VQGANTraining(
        dataset.load(options.runs / "drawings"),
        options.runs / "vqgan.pt",
        options.minutes,
        shape=options.sizes.canvas,
        perceptor=load_clip(perceptor) if perceptor.exists() else None,
        device=options.device,
    )
    training.run()
    vqgan.write(training.state_dict(), training.shape, options.weights, {"recipe": recipe(), "pocket": pocket()})


def _biggan(options: argparse.Namespace) -> None:
    drawings = dataset.make_classes(options.runs / "classes", options.classes, "class")
    training = biggan.BigGANTraining(
        drawings, options.runs / "biggan.pt", options.minutes, sizes=options.sizes.generator, device=options.device
    )
    training.run()
    biggan.write(training.state_dict(), training.shape, options.weights)


def _samples(options: argparse.Namespace) -> None:
    network = load_biggan(options.weights / "biggan.json")
    network.freeze(torch.float32, torch.device("cpu"))
    page, names = biggan.sample_sheet(network, options.seed, named=options.named)
    page.save(options.out)
    print(f"{options.out}: {', '.join(names)}")


def _compose(options: argparse.Namespace) -> None:
    dataset.make(options.runs / "held-out-sketches", options.sizes.held_out, "held-out", grid=sketch.GRID)
    dataset.make(options.runs / "sketches", options.drawings, "sketch", grid=sketch.GRID)
    drawings = dataset.load(options.runs / "sketches")
    canvas, _ = load_vqgan(options.weights / "vqgan.yaml")
    canvas.to(options.device).eval().requires_grad_(False)
    training = sketch.ComposerTraining(
        drawings,
        sketch.encode(options.runs / "sketches", options.weights / "vqgan.yaml", options.device),
        canvas,
        load_clip(options.weights / "clip.pt"),
        options.runs / "sketch.pt",
        options.minutes,
        shape=options.sizes.composer,
        device=options.device,
    )
    training.run()
    sketch.write(training.state_dict(), training.shape, options.weights)


def _evaluate(options: argparse.Namespace) -> None:
    held_out = dataset.load(options.runs / "held-out")
    canvas, _ = load_vqgan(options.weights / "vqgan.yaml")
    canvas.eval()
    perceptor = load_clip(options.weights / "clip.pt").requires_grad_(False).eval()
    composer = load_composer(options.weights / "sketch.yaml").eval()
    sketches = dataset.load(options.runs / "held-out-sketches")
    figures = {
        "made": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}",
        "drawings": options.drawings,
        "held_out": len(held_out),
        "clip": _spent(options.runs / "clip.pt") | clip_figures(perceptor, held_out),
        "vqgan": _spent(options.runs / "vqgan.pt") | vqgan_figures(canvas, held_out),
        "sketch": _spent(options.runs / "sketch.pt") | sketch_figures(composer, canvas, perceptor, sketches),
    }
    text = json.dumps(figures, indent=2)
    (options.weights / "figures.json").write_text(text + "\n")
    options.figures.mkdir(parents=True, exist_ok=True)
    for name in SHARES:
        for drawn in (f"{name}.png", f"{name}-sheet.webp"):
            if (options.runs / drawn).exists():
                shutil.copy(options.runs / drawn, options.figures)
    print(text)


def _vocabulary(options: argparse.Namespace) -> None:
    vocabulary.write(ROOT / "docs", options.weights, options.device)


def _spent(checkpoint: Path) -> dict[str, float]:
    state = torch.load(checkpoint, weights_only=True)
    return {"minutes": round(state["spent"] / 60, 1), "steps": state["step"]}


def _all(options: argparse.Namespace) -> None:
    options.start = None
    for name, run in (("clip", _clip), ("vqgan", _vqgan), ("sketch", _compose)):
        options.minutes = options.hours * 60 * SHARES[name]
        run(options)
    _evaluate(options)


if __name__ == "__main__":
    main()
