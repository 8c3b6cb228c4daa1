"""The official model definitions, without what their packages drag along.

``clip/__init__.py`` imports torchvision, which does not import beside a CPU build of torch, and ``pkg_resources``,
which is gone from setuptools; ``clip.model`` and ``clip.simple_tokenizer`` need neither. So just these two are
loaded, from their files, under their own names. taming-transformers needs no such care as long as
``taming.models``, which imports Lightning, is left alone.
"""

import contextlib
import importlib.util
import io
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn


def _load(package: str, module: str) -> ModuleType:
    name = f"{package}.{module}"
    if name in sys.modules:
        return sys.modules[name]
    package_spec = importlib.util.find_spec(package)
    assert package_spec is not None
    assert package_spec.submodule_search_locations is not None
    folder = Path(package_spec.submodule_search_locations[0])
    spec = importlib.util.spec_from_file_location(name, folder / f"{module}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


clip_model = _load("clip", "model")
"""``clip.model`` of openai-clip: ``CLIP`` and ``build_model``."""

SimpleTokenizer: Any = _load("clip", "simple_tokenizer").SimpleTokenizer
"""CLIP's byte-pair encoder, ``clip.simple_tokenizer.SimpleTokenizer``."""


def taming_encoder(**ddconfig: Any) -> nn.Module:
    """Build taming's VQGAN encoder from the ``ddconfig`` of its YAML."""
    from taming.modules.diffusionmodules.model import Encoder

    encoder: nn.Module = Encoder(**ddconfig)
    return encoder


def taming_decoder(**ddconfig: Any) -> nn.Module:
    """Build taming's VQGAN decoder from the ``ddconfig`` of its YAML, without what its constructor prints."""
    from taming.modules.diffusionmodules.model import Decoder

    with contextlib.redirect_stdout(io.StringIO()):
        decoder: nn.Module = Decoder(**ddconfig)
    return decoder


def taming_gpt(**config: Any) -> nn.Module:
    """Build taming's transformer from the ``params`` of a ``transformer_config`` of its YAML."""
    from taming.modules.transformer.mingpt import GPT

    gpt: nn.Module = GPT(**config)
    return gpt
