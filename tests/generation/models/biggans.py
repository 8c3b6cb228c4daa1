"""The package pytorch-pretrained-biggan, without what it needs to download weights; and BigGANs of random weights."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

LAYERS = ((False, 16, 16), (True, 16, 8), (False, 8, 8), (True, 8, 4), (False, 4, 2), (False, 2, 1))
CONFIG: dict[str, Any] = {
    "output_dim": 16,
    "z_dim": 8,
    "class_embed_dim": 8,
    "channel_width": 8,
    "num_classes": 5,
    "layers": [list(layer) for layer in LAYERS],
    "attention_layer_position": 4,
    "eps": 1e-4,
    "n_stats": 51,
}


def package() -> ModuleType:
    """Return the package's module ``model``: its ``__init__`` imports boto3 and scipy, which nothing here needs."""
    name = "pytorch_pretrained_biggan"
    if name not in sys.modules:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        parent, files = ModuleType(name), ModuleType(f"{name}.file_utils")
        parent.__path__ = [str(Path(spec.origin).parent)]
        files.cached_path = None  # type: ignore[attr-defined]
        sys.modules |= {name: parent, files.__name__: files}
    return importlib.import_module(f"{name}.model")


def published(config: dict[str, Any] = CONFIG) -> nn.Module:
    """Return the package's network with random weights, and spectral norms that are those of its weights."""
    torch.manual_seed(0)
    module = package()
    network: nn.Module = module.BigGAN(module.BigGANConfig.from_dict(config))
    for name, weights in network.named_parameters():
        if weights.ndim == 1:
            nn.init.normal_(weights, 1.0 if name.endswith("weight") else 0.0, 0.3)
    for name, buffer in network.named_buffers():
        if name.endswith("means"):
            buffer.normal_(0, 0.3)
        elif name.endswith("vars"):
            buffer.uniform_(0.5, 2)
    z, classes = torch.randn(2, config["z_dim"]), torch.rand(2, config["num_classes"])
    with torch.no_grad():
        for _ in range(5):
            network.train()(z, classes, 1.0)
    return network.eval()
