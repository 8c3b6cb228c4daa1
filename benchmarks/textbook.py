"""VQGAN+CLIP as people run it: the published loop, plainly, and nothing of what makes ours fast.

One picture at a time: the latent ``z`` is replaced by its nearest codes through a one-hot matrix times the codebook
with a straight-through gradient; taming's decoder paints it; 32 cutouts are made by 32 separate poolings of the whole
picture; kornia's augmentations follow one after the other; CLIP judges them by the spherical distance; Adam moves
``z``, which is clamped to the codebook's range (Crowson et al. 2022, arXiv 2204.08583, and the notebook before it).

The networks are taming's and openai-clip's own classes, read anew from their files, so that nothing that painting
here does to those modules is in them. PyTorch's defaults are left as they come: float32 in its default memory
format, and on CUDA CLIP in float16, which is what its own loader makes of it there.
"""

import contextlib
import importlib.util
import io
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.networks import Networks
from generation.models.upstream import SimpleTokenizer, clip_model

CUTOUTS = 32
LEARNING_RATE = 0.1
NOISE = 0.1
CHANNEL_MEAN = (0.48145466, 0.4578275, 0.40821073)
CHANNEL_STD = (0.26862954, 0.26130258, 0.27577711)


class Textbook:
    """The published loop for one picture at a time.

    Args:
        networks: the weights to paint with.
        device: where to paint.
        cutouts: views of the picture in each step.
    """

    def __init__(self, networks: Networks, device: torch.device, cutouts: int = CUTOUTS) -> None:
        self.device = device
        self.decoder, self.post_quant_conv, self.codebook = _vqgan(networks, device)
        self.clip = _clip(networks, device)
        self.factor = networks.factor
        self.make_cutouts = MakeCutouts(self.clip.visual.input_resolution, cutouts)
        self.mean = torch.tensor(CHANNEL_MEAN, device=device).view(1, 3, 1, 1)
        self.std = torch.tensor(CHANNEL_STD, device=device).view(1, 3, 1, 1)
        self.z_min = self.codebook.min(0).values.view(1, -1, 1, 1)
        self.z_max = self.codebook.max(0).values.view(1, -1, 1, 1)

    def begin(self, prompt: str, width: int, height: int, seed: int) -> None:
        """Start a picture from random codes; the sides are in pixels."""
        torch.manual_seed(seed)
        rows, columns = height // self.factor, width // self.factor
        chosen = torch.randint(len(self.codebook), [rows * columns], device=self.device)
        codes = F.one_hot(chosen, len(self.codebook)).float() @ self.codebook
        self.z = codes.view(1, rows, columns, -1).permute(0, 3, 1, 2).contiguous().requires_grad_()
        self.optimizer = torch.optim.Adam([self.z], lr=LEARNING_RATE)
        self.read(prompt)

    @torch.no_grad()
    def read(self, prompt: str) -> None:
        """Judge by this prompt from now on."""
        text = self.clip.encode_text(tokenise(prompt, self.clip.context_length).to(self.device)).float()
        self.text = F.normalize(text, dim=1)

    def step(self) -> Tensor:
        """Advance the picture by one step and return the loss before it."""
        loss = self.judge(self.make_cutouts(self.paint()))
        self.descend(loss)
        return loss.detach()

    def paint(self) -> Tensor:
        """Return the picture of ``z``, ``[1, 3, height, width]`` in [0, 1]."""
        quantised = vector_quantise(self.z.movedim(1, 3), self.codebook).movedim(3, 1)
        picture: Tensor = self.decoder(self.post_quant_conv(quantised))
        return clamp_with_grad(picture.add(1).div(2), 0.0, 1.0)

    def judge(self, cutouts: Tensor) -> Tensor:
        """Return the mean spherical distance of cutouts and prompt."""
        embedding = self.clip.encode_image((cutouts - self.mean) / self.std).float()
        image = F.normalize(embedding.unsqueeze(1), dim=2)
        distances: Tensor = image.sub(self.text.unsqueeze(0)).norm(dim=2).div(2).arcsin().pow(2).mul(2)
        return distances.mean()

    def descend(self, loss: Tensor) -> None:
        """Move ``z`` along the gradient of the loss."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            self.z.copy_(self.z.maximum(self.z_min).minimum(self.z_max))


class MakeCutouts(nn.Module):
    """Pools the whole picture to CLIP's size, once for each cutout, and augments the lot.

    Args:
        size: side of a cutout in pixels.
        count: of cutouts.
    """

    def __init__(self, size: int, count: int) -> None:
        super().__init__()
        from kornia import augmentation

        self.count = count
        self.average = nn.AdaptiveAvgPool2d((size, size))
        self.maximum = nn.AdaptiveMaxPool2d((size, size))
        self.augmentations = nn.Sequential(
            augmentation.RandomHorizontalFlip(p=0.5),
            augmentation.RandomSharpness(0.3, p=0.4),
            augmentation.RandomAffine(degrees=30, translate=(0.1, 0.1), p=0.8, padding_mode="border"),
            augmentation.RandomPerspective(0.2, p=0.4),
            augmentation.ColorJitter(hue=0.01, saturation=0.01, p=0.7),
        )

    def forward(self, picture: Tensor) -> Tensor:
        """Return the cutouts: ``[1, 3, H, W] → [count, 3, size, size]``."""
        pooled = [(self.average(picture) + self.maximum(picture)) / 2 for _ in range(self.count)]
        cutouts: Tensor = self.augmentations(torch.cat(pooled))
        strength = cutouts.new_empty([self.count, 1, 1, 1]).uniform_(0, NOISE)
        return cutouts + strength * torch.randn_like(cutouts)


class _ReplaceGrad(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, forward: Tensor, backward: Tensor) -> Tensor:
        ctx.shape = backward.shape
        return forward

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor]:
        return None, gradients[0].sum_to_size(ctx.shape)


class _ClampWithGrad(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, low: float, high: float) -> Tensor:
        ctx.low, ctx.high = low, high
        ctx.save_for_backward(x)
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (x,) = ctx.saved_tensors
        (gradient,) = gradients
        return gradient * (gradient * (x - x.clamp(ctx.low, ctx.high)) >= 0), None, None


def clamp_with_grad(x: Tensor, low: float, high: float) -> Tensor:
    """Clamp; outside, only the gradient that leads back inside passes."""
    clamped: Tensor = _ClampWithGrad.apply(x, low, high)  # type: ignore[no-untyped-call]
    return clamped


def vector_quantise(x: Tensor, codebook: Tensor) -> Tensor:
    """Replace every vector by its nearest code, ``[..., C]``; the gradient passes straight through."""
    distances = x.pow(2).sum(dim=-1, keepdim=True) + codebook.pow(2).sum(dim=1) - 2 * x @ codebook.T
    nearest = F.one_hot(distances.argmin(-1), len(codebook)).to(distances.dtype) @ codebook
    quantised: Tensor = _ReplaceGrad.apply(nearest, x)  # type: ignore[no-untyped-call]
    return quantised


def _vqgan(networks: Networks, device: torch.device) -> tuple[nn.Module, nn.Module, Tensor]:
    """Return the decoder, the convolution before it and the codebook, frozen."""
    import taming.modules.diffusionmodules.model as taming_model

    with contextlib.redirect_stdout(io.StringIO()):  # its constructor prints
        decoder: nn.Module = anew(taming_model).Decoder(**networks.ddconfig)
    conv = nn.Conv2d(networks.embed_dim, networks.ddconfig["z_channels"], 1)
    for module, prefix in ((decoder, "decoder."), (conv, "post_quant_conv.")):
        own = {name.removeprefix(prefix): tensor for name, tensor in networks.vqgan.items() if name.startswith(prefix)}
        module.load_state_dict(own)
        module.eval().requires_grad_(False).to(device)
    return decoder, conv, networks.vqgan["quantize.embedding.weight"].to(device)


def _clip(networks: Networks, device: torch.device) -> Any:
    """Return CLIP, frozen, as its own loader does: float16 on CUDA, float32 on the CPU."""
    clip = anew(clip_model).build_model(dict(networks.clip))
    clip.requires_grad_(False).to(device)
    return clip.float() if device.type == "cpu" else clip


def anew(module: ModuleType) -> ModuleType:
    """Return a second copy of a module, as its file has it, whatever has been done to the first."""
    assert module.__file__ is not None
    spec = importlib.util.spec_from_file_location(module.__name__, module.__file__)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def tokenise(prompt: str, context_length: int) -> Tensor:
    """Return a prompt as CLIP reads it, ``[1, context_length]``, cut where it is longer."""
    tokenizer = SimpleTokenizer()
    words = tokenizer.encode(prompt)[: context_length - 2]
    tokens = [tokenizer.encoder["<|startoftext|>"], *words, tokenizer.encoder["<|endoftext|>"]]
    return torch.tensor([tokens + [0] * (context_length - len(tokens))])
