"""What comes before the first step: importing, reading weights of the official shapes, beginning a request.

In a process of its own, like a worker's: seconds of the processor by part, and the most memory of its own that it had
at a time beside the size of the weights in float32.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from generation.executor.process import ENVIRONMENT

if TYPE_CHECKING:
    from benchmarks.networks import Networks

MIB = 1 << 20
STATUS = Path("/proc/self/status")
SAMPLE_SECONDS = 0.005


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto", help="default: auto")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Write weights into files as they are published, and return what a process says that loads them.

    The VQGAN is a checkpoint in float32, CLIP a state dict in float16; their values are random.
    """
    with TemporaryDirectory() as folder:
        size = write(Path(folder))
        environment = {**ENVIRONMENT, **os.environ}
        command = [sys.executable, "-m", "benchmarks.load", folder, options.precision]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    said = json.loads(done.stdout.splitlines()[-1])
    return {**said, "weights_mib": size / MIB, "ratio": said["peak_mib"] * MIB / size, "precision": options.precision}


def write(folder: Path, networks: "Networks | None" = None) -> int:
    """Write ``vqgan.ckpt`` with its YAML and ``clip.pt``, and return the bytes of the weights in float32.

    Args:
        folder: into which.
        networks: that are written; by default those of the official shapes.
    """
    import torch
    import yaml

    from benchmarks.networks import official

    networks = networks or official()
    torch.save({"state_dict": networks.vqgan}, folder / "vqgan.ckpt")
    codes = len(networks.vqgan["quantize.embedding.weight"])
    params = {"embed_dim": networks.embed_dim, "n_embed": codes, "ddconfig": networks.ddconfig}
    described = {"model": {"target": "taming.models.vqgan.VQModel", "params": params}}
    (folder / "vqgan.yaml").write_text(yaml.safe_dump(described), "utf-8")
    halves = {name: each.half() if each.is_floating_point() else each for name, each in networks.clip.items()}
    torch.save(halves, folder / "clip.pt")
    return 4 * sum(each.numel() for weights in (networks.vqgan, networks.clip) for each in weights.values())


def _own_memory() -> int:
    """Return the bytes that belong to this process and lie in no file."""
    (line,) = (line for line in STATUS.read_text("ascii").splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1]) * 1024


def _child(folder: Path, precision: str) -> None:
    """Load, begin a request, and print how long each part took and the most memory beyond what importing takes."""
    import torch

    from generation.checkpoints.loader import load_models
    from generation.models.precision import Precision
    from generation.request import ImagineRequest
    from generation.worker.build import engine_for

    formats: dict[str, Precision] = {"auto": "auto", "float32": "float32", "bfloat16": "bfloat16"}
    device = torch.device("cpu")
    times = [time.process_time()]
    before, peak, done = _own_memory(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], _own_memory())

    watching = threading.Thread(target=watch)
    watching.start()
    models = load_models(str(folder / "vqgan.yaml"), str(folder / "clip.pt"), device, formats[precision])
    engine = engine_for(models, device)
    times.append(time.process_time())
    engine.add_request(ImagineRequest("load", "a red apple", 0, 256, 256, 250))
    times.append(time.process_time())
    done.set()
    watching.join()
    said = {"import_cpu_s": times[0], "load_cpu_s": times[1] - times[0], "begin_cpu_s": times[2] - times[1]}
    print(json.dumps({**said, "start_cpu_s": times[2], "peak_mib": (peak[0] - before) / MIB}))


if __name__ == "__main__":
    _child(Path(sys.argv[1]), sys.argv[2])
