"""`python -m training`: draw pictures, train the pocket models on them, write the weights."""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import torch

from generation.checkpoints import load_clip, load_vqgan
from training import clip, dataset, vqgan
from training.drawings import draw
from training.evaluate import clip_figures, vqgan_figures
from training.recipe import recipe
from training.sheet import sheet

ROOT = Path(__file__).parent.parent
RUNS = ROOT / "training" / "runs"
WEIGHTS = ROOT / "generation" / "weights" / "pocket"
DRAWINGS = 80_000
CLIP_MINUTES = 60.0
VQGAN_MINUTES = 45.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    options.command(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder for drawings and checkpoints")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder that the weights are written to")
    parser.add_argument("--drawings", type=int, default=DRAWINGS, help="how many pictures are drawn")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=run)
        return sub

    command("draw", _draw, "draw the pictures")
    look = command("sheet", _sheet, "draw a contact sheet, to be looked at")
    look.add_argument("--seed", default="sheet")
    look.add_argument("--out", type=Path, default=Path("sheet.png"))
    for name, run, minutes in (("clip", _clip, CLIP_MINUTES), ("vqgan", _vqgan, VQGAN_MINUTES)):
        sub = command(name, run, f"train the {name} and write its weights; resumes what was interrupted")
        sub.add_argument("--minutes", type=float, default=minutes, help="of training in all")
    command("evaluate", _evaluate, "measure the weights on the held-out drawings and write figures.json")
    command("all", _all, "draw, train both at once, write, measure: about an hour and ten minutes on two cores")
    return parser


def _draw(options: argparse.Namespace) -> None:
    def progress(done: int, count: int) -> None:
        print(f"drawings: {done} of {count}", flush=True)

    dataset.make(options.runs / "held-out", dataset.HELD_OUT, "held-out")
    dataset.make(options.runs / "drawings", options.drawings, "drawing", progress=progress)


def _sheet(options: argparse.Namespace) -> None:
    drawings = [draw(f"{options.seed}-{index}") for index in range(96)]
    sheet([drawing.image for drawing in drawings], [drawing.captions[0] for drawing in drawings]).save(options.out)
    print(options.out)


def _clip(options: argparse.Namespace) -> None:
    _draw(options)
    held_out = dataset.load(options.runs / "held-out")
    captions = [caption for captions in held_out.captions for caption in captions]
    training = clip.CLIPTraining(
        dataset.load(options.runs / "drawings"), captions, options.runs / "clip.pt", options.minutes
    )
    training.run()
    clip.write(training.state_dict(), options.weights / "clip.pt")


def _vqgan(options: argparse.Namespace) -> None:
    _draw(options)
    training = vqgan.VQGANTraining(dataset.load(options.runs / "drawings"), options.runs / "vqgan.pt", options.minutes)
    training.run()
    vqgan.write(training.state_dict(), training.shape, options.weights, recipe())


def _evaluate(options: argparse.Namespace) -> None:
    held_out = dataset.load(options.runs / "held-out")
    canvas, _ = load_vqgan(options.weights / "vqgan.yaml")
    figures = {
        "made": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}",
        "drawings": options.drawings,
        "held_out": len(held_out),
        "clip": _spent(options.runs / "clip.pt")
        | clip_figures(load_clip(options.weights / "clip.pt").requires_grad_(False), held_out),
        "vqgan": _spent(options.runs / "vqgan.pt") | vqgan_figures(canvas, held_out),
    }
    text = json.dumps(figures, indent=2)
    (options.weights / "figures.json").write_text(text + "\n")
    print(text)


def _spent(checkpoint: Path) -> dict[str, float]:
    state = torch.load(checkpoint, weights_only=True)
    return {"minutes": round(state["spent"] / 60, 1), "steps": state["step"]}


def _all(options: argparse.Namespace) -> None:
    _draw(options)
    folders = ["--runs", str(options.runs.resolve()), "--weights", str(options.weights.resolve())]
    common = [sys.executable, "-m", "training", *folders, "--drawings", str(options.drawings)]
    trainings = [subprocess.Popen([*common, name], cwd=ROOT) for name in ("clip", "vqgan")]
    codes = [training.wait() for training in trainings]
    if any(codes):
        raise SystemExit("A training was interrupted; the same command goes on where it stopped.")
    _evaluate(options)


if __name__ == "__main__":
    main()
