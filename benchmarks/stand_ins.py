"""What stands in for packages that peers' programs import, in the process that runs one.

Weights are read from files in the official shapes, by the published classes of taming-transformers and openai-clip. Of
torchvision there is what such a program calls; of what is imported and not called, the names alone.
"""

import sys
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType, TracebackType
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from benchmarks.textbook import tokenise
from generation.models.upstream import clip_model
from generation.models.vqgan import VQGAN


class VQModel(VQGAN):
    """As ``taming.models.vqgan.VQModel``, without Lightning."""

    def __init__(self, ddconfig: dict[str, Any], n_embed: int, embed_dim: int, **_: object) -> None:
        super().__init__(ddconfig, n_embed, embed_dim)
        vars(self.quantize).update(e_dim=embed_dim, n_e=n_embed)
        self.loss = None

    def init_from_ckpt(self, path: str) -> None:
        """Read the weights."""
        self.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["state_dict"])

    def decode(self, z: Tensor) -> Tensor:
        """Return the picture of quantised latents."""
        picture: Tensor = self.decoder(self.post_quant_conv(z))
        return picture


def load_clip(path: str, device: str | torch.device = "cpu", **_: object) -> tuple[Any, Callable[[Tensor], Tensor]]:
    """Return CLIP of a state dict, float32 on the CPU as ``clip.load`` has it there, and what normalises for it."""
    model = clip_model.build_model(torch.load(path, map_location="cpu", weights_only=True)).to(device)
    return model.float() if torch.device(device).type == "cpu" else model, Normalize()


class Normalize:
    """As ``torchvision.transforms.Normalize``."""

    def __init__(
        self,
        mean: tuple[float, ...] = (0.48145466, 0.4578275, 0.40821073),
        std: tuple[float, ...] = (0.26862954, 0.26130258, 0.27577711),
    ) -> None:
        self.mean, self.std = (torch.tensor(each).view(-1, 1, 1) for each in (mean, std))

    def __call__(self, picture: Tensor) -> Tensor:
        """Return a picture, or several, with the mean 0 and the deviation 1."""
        return (picture - self.mean.to(picture)) / self.std.to(picture)


def to_pil_image(picture: Tensor) -> Image.Image:
    """As ``torchvision.transforms.functional.to_pil_image``."""
    return Image.fromarray(picture.mul(255).byte().permute(1, 2, 0).numpy())


def progress(stepped: Callable[[], None]) -> type:
    """Return what stands in for ``tqdm.tqdm`` and calls ``stepped`` after each step that it is told of."""

    class Progress:
        """A bar that nobody sees."""

        def __enter__(self) -> "Progress":
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
        ) -> None:
            pass

        def update(self) -> None:
            """Take note of a step."""
            stepped()

        @staticmethod
        def write(text: str) -> None:
            """Say nothing."""

    return Progress


def install(stepped: Callable[[], None]) -> None:
    """Put everything in its place; ``stepped`` is called after each step of a program that shows a bar."""
    clip = {"load": load_clip, "tokenize": lambda text, context_length=77: tokenise(text, context_length)}
    functional = _module("torchvision.transforms.functional", {"to_pil_image": to_pil_image})
    unused = dict.fromkeys(("Compose", "Resize", "CenterCrop", "ToTensor"))
    transforms = _module("torchvision.transforms", {"Normalize": Normalize, "functional": functional, **unused})
    _module("torchvision", {"transforms": transforms})
    _module("CLIP", {"clip": _module("CLIP.clip", clip)})
    second = _module("taming.models.cond_transformer", {})
    vqgan = _module("taming.models.vqgan", {"VQModel": VQModel})
    _module("taming.models", {"cond_transformer": second, "vqgan": vqgan})
    _module("tqdm", {"tqdm": progress(stepped), "trange": None})
    _module("imageio", dict.fromkeys(("imread", "imwrite", "mimsave")))
    _module("torch_optimizer", dict.fromkeys(("AdamP", "DiffGrad")))


def _module(name: str, contents: Mapping[str, object]) -> ModuleType:
    sys.modules[name] = module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None)  # others look whether it is there
    vars(module).update(contents)
    return module
