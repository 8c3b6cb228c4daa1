"""What the official packages drag along is not needed."""

import subprocess
import sys

BARE = """
import sys
for name in ("torchvision", "pytorch_lightning", "lightning", "pkg_resources", "setuptools"):
    sys.modules[name] = None

import torch
from generation.worker.build import engine_for
from generation.checkpoints.loader import load_models
from generation.request import ImagineRequest

device = torch.device("cpu")
models = load_models("pocket", "pocket", device)
engine = engine_for(models, device)
engine.add_request(ImagineRequest("a", "a red apple", 1, 64, 64, 2))
while len(engine):
    for painting in engine.step():
        pass
print(tuple(painting.picture.shape))
"""


def test_painting_needs_no_torchvision_lightning_or_setuptools() -> None:
    painted = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, timeout=100, check=False)
    assert (painted.returncode, painted.stdout) == (0, "(3, 64, 64)\n"), painted.stderr
