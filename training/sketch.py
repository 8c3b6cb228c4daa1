"""Trains the pocket composer: to write the codes of drawings from their captions (Esser et al. 2021, section 3.2)."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import OmegaConf
from PIL import Image
from safetensors.torch import save_file
from taming.modules.transformer import mingpt
from torch import Tensor
from torch.nn import functional as F

from generation.checkpoints.loader import load_vqgan
from generation.models.precision import autocast
from generation.models.vqgan import VQGAN
from generation.perceptor.clip import CLIPPerceptor
from generation.pocket.composer import Composer, finish
from training.clip import unknown_words
from training.dataset import Dataset, load
from training.drawings import SIZE as DRAWN
from training.loop import Training
from training.muon import MuonAdamW, split
from training.sheet import sheet
from training.words import CONTEXT

CPU = torch.device("cpu")
SIDE = 96  # pixels of a sketch
CELL = 8  # pixels that a code stands for
GRID = DRAWN * CELL / SIDE  # pixels of a drawing that a code stands for, to which things in it are aligned
WITHOUT_TEXT = 0.12  # share of drawings whose caption is hidden, for guidance and for words without meaning
SMALL_WORDS = "a an the in on at of by with and under over to from for"
BATCH = 4  # drawings encoded at a time: what fits into the cache is fastest
NEAR = 8  # codes that a patch might as well be
SOFTNESS = 2.5  # squared distance by which a further code is e times less likely to be the one
PORTION = 400  # drawings that a process encodes in one go
SHOWN = 36  # sketches on the sheet
GUIDANCE = 2.0
TEMPERATURE = 0.6


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a composer, named as in taming's configuration."""

    vocab_size: int = 1024
    block_size: int = 160
    n_layer: int = 5
    n_head: int = 4
    n_embd: int = 192
    n_unmasked: int = 16


@dataclass(frozen=True, slots=True)
class Codes:
    """What drawings are in codes.

    The code nearest to what the encoder makes of a patch changes with what lies far from the patch, and among near
    codes the decoder hardly cares which it gets. To learn the nearest would be to learn that chance by heart, so there
    are several, with the share of each.
    """

    near: np.ndarray  # int16 [n, codes of a drawing, NEAR], the nearest first
    shares: np.ndarray  # float16, the same shape; adding up to 1


def encode(drawings: Path, vqgan: Path, device: torch.device = CPU, processes: int = 2) -> Codes:
    """Return the codes of all drawings of a folder; kept beside them and made only once.

    Args:
        drawings: folder that `dataset.make` has filled.
        vqgan: configuration of the VQGAN.
        device: to encode on.
        processes: that encode at a time, of one thread each, which on a CPU is faster than one of many.
    """
    count, near, shares = len(load(drawings)), drawings / "codes.npy", drawings / "shares.npy"
    if not shares.exists() or len(np.load(shares, mmap_mode="r")) != count:
        starts = range(0, count, PORTION)
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, context, _Encoder.prepare, (drawings, vqgan, device)) as pool:
            portions = []
            for start, portion in zip(starts, pool.map(_Encoder.encode, starts), strict=True):
                portions.append(portion)
                if start % (10 * PORTION) == 0:
                    print(f"codes: {start} of {count}", flush=True)
        np.save(near, np.concatenate([portion.near for portion in portions]))
        np.save(shares, np.concatenate([portion.shares for portion in portions]))
    return Codes(np.load(near), np.load(shares))


def soft_codes(vqgan: VQGAN, encoded: Tensor) -> tuple[Tensor, Tensor]:
    """Return the codes near to each encoded patch and their shares: ``[B, C, h, w] → [B, h w, NEAR]``, twice.

    The shares are those of a Gaussian about what the encoder made of the patch.
    """
    far = torch.cdist(encoded.permute(0, 2, 3, 1).flatten(1, 2), vqgan.codebook[None]).square()
    far, near = far.topk(NEAR, largest=False)
    return near, (-far / SOFTNESS).softmax(-1)


class _Encoder:
    """What a process that encodes has at hand."""

    dataset: Dataset
    vqgan: VQGAN
    device: torch.device

    @classmethod
    def prepare(cls, drawings: Path, vqgan: Path, device: torch.device) -> None:
        torch.set_num_threads(1)
        cls.dataset, cls.device = load(drawings), device
        cls.vqgan = load_vqgan(vqgan)[0].to(device).eval().requires_grad_(False)

    @classmethod
    @torch.no_grad()
    def encode(cls, start: int) -> Codes:
        nears, shares = [], []
        for first in range(start, min(start + PORTION, len(cls.dataset)), BATCH):
            indices = range(first, min(first + BATCH, start + PORTION, len(cls.dataset)))
            pictures = F.interpolate(cls.dataset.batch(indices).to(cls.device), size=SIDE, mode="area")
            with autocast(cls.device):
                encoded = cls.vqgan.encode(pictures.contiguous(memory_format=torch.channels_last))
            near, share = soft_codes(cls.vqgan, encoded)
            nears.append(near.short().cpu().numpy())
            shares.append(share.half().cpu().numpy())
        return Codes(np.concatenate(nears), np.concatenate(shares))


class ComposerTraining(Training):
    """The composer's.

    Args:
        dataset: drawings to learn from.
        codes: of the drawings.
        vqgan: whose codes these are, for the sheet.
        perceptor: that reads the captions.
        checkpoint: file to resume from and save to.
        minutes: of training in all.
        batch: drawings per step.
        rate: highest learning rate of the matrices; the other weights have half of it.
        device: to train on.
    """

    def __init__(
        self,
        dataset: Dataset,
        codes: Codes,
        vqgan: VQGAN,
        perceptor: CLIPPerceptor,
        checkpoint: Path,
        minutes: float,
        batch: int = 32,
        rate: float = 3e-3,
        shape: Shape | None = None,
        device: torch.device = CPU,
    ) -> None:
        super().__init__(checkpoint, minutes, device)
        self.shape = shape or Shape()
        self.dataset = dataset
        self.codes = codes
        self.batch = batch
        self.vqgan = vqgan.to(device).eval().requires_grad_(False)
        self.perceptor = perceptor.to(device).eval().requires_grad_(False)
        said = [caption for captions in dataset.captions for caption in captions]
        self._tokens = torch.cat([perceptor.tokens(caption) for caption in said]).int()
        self._empty = perceptor.tokens("")[0]
        self._small = perceptor.tokens(SMALL_WORDS)[0]
        torch.manual_seed(0)
        self.composer = Composer(perceptor.text_width, **asdict(self.shape)).to(device)
        if device.type == "cpu":
            hasten(self.composer)
        gpt: Any = self.composer.transformer
        self.optimizer = MuonAdamW(*split(self.composer, (gpt.tok_emb.weight, gpt.head.weight)), rate, rate / 2, 0.05)
        self.resume()

    def state(self) -> dict[str, Any]:
        """Return weights and optimiser."""
        return {"composer": without_masks(self.composer.state_dict()), "optimizer": self.optimizer.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.composer.load_state_dict(state["composer"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])

    def learn(self) -> float:
        """Take a step and return how far the guesses are from the shares: nats a code of Kullback and Leibler's."""
        random = np.random.default_rng((3, self.step))
        chosen = random.integers(len(self.dataset), size=self.batch)
        rows = chosen * (len(self._tokens) // len(self.dataset)) + random.integers(
            len(self._tokens) // len(self.dataset), size=self.batch
        )
        tokens = self._tokens[rows].long()
        tokens[:, :CONTEXT] = unknown_words(tokens[:, :CONTEXT])
        tokens = self._hide(tokens, torch.from_numpy(random.random(self.batch) / WITHOUT_TEXT))
        near = torch.from_numpy(self.codes.near[chosen].astype(np.int64)).to(self.device)
        shares = torch.from_numpy(self.codes.shares[chosen].astype(np.float32)).to(self.device)
        drawn = torch.multinomial(shares.flatten(0, 1), 1).view(*shares.shape[:2], 1)
        with autocast(self.device):
            logits = self.composer(self._read(tokens), near.gather(2, drawn)[..., 0])
        loss = divergence(logits, near, shares)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.composer.parameters(), 1.0)
        self.optimizer.step(self.budget.rate(self.step))
        return float(loss.detach())

    def _hide(self, tokens: Tensor, chance: Tensor) -> Tensor:
        """Leave nothing of the captions whose chance is below 0.5, only small words below 0.75, and none below 1.

        Hidden words have no meaning, as those that no caption has: so of a prompt of such words comes a picture, too.
        """
        hidden = (tokens < self._empty[0]) & ((chance >= 0.75)[:, None] | ~torch.isin(tokens, self._small))
        tokens = torch.where((chance < 1)[:, None] & hidden, 0, tokens)
        return torch.where((chance < 0.5)[:, None], self._empty, tokens)

    def _read(self, tokens: Tensor) -> Tensor:
        """Return captions as the composer reads them, ``[B, words, width]``."""
        tokens = tokens.to(self.device)
        with torch.no_grad():
            return self.composer.read(self.perceptor.read(tokens), tokens)

    @torch.no_grad()
    def show(self) -> Image.Image:
        """Return sketches of the first captions."""
        ways = len(self._tokens) // len(self.dataset)
        shown = range(0, min(4 * SHOWN, len(self.dataset)), 4)
        text = self._read(torch.stack([self._tokens[ways * index].long() for index in shown]))
        nothing = self._read(self._empty[None])[0]
        generator = torch.Generator().manual_seed(0)
        codes = finish(self.composer.compose(text, nothing, GUIDANCE, TEMPERATURE, generator))
        side = SIDE // CELL
        pictures = self.vqgan.decode(self.vqgan.lookup(codes.unflatten(1, (side, side)))).clamp(0, 1)
        pixels = pictures.mul(255).byte().permute(0, 2, 3, 1).cpu().numpy()
        return sheet(list(pixels), [self.dataset.captions[index][0] for index in shown])

    def tell(self, loss: float) -> str:
        """Return the loss, in nats per code."""
        return f"loss {loss:.3f}"

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights under taming's names, half precision."""
        weights = without_masks(self.composer.state_dict())
        return {name: tensor.detach().cpu().half().contiguous() for name, tensor in weights.items()}


def divergence(logits: Tensor, near: Tensor, shares: Tensor) -> Tensor:
    """Return how far guesses are from shares, in nats: ``[B, n, codes], [B, n, NEAR], [B, n, NEAR] → []``."""
    guessed = logits.float().log_softmax(-1).gather(-1, near)
    return (shares * (shares.clamp(min=1e-9).log() - guessed)).sum(-1).mean()


def without_masks(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Leave out what says which places see which: it follows from the sizes."""
    return {name: tensor for name, tensor in weights.items() if not name.endswith(".attn.mask")}


def hasten(composer: Composer) -> None:
    """Let the attention compute as `_attend`; its parameters stay as they are."""
    for module in composer.modules():
        if isinstance(module, mingpt.CausalSelfAttention):
            hidden = module.mask[0, 0] == 0
            bias = torch.zeros(hidden.shape).masked_fill(hidden, float("-inf"))
            module.forward = partial(_attend, module, bias)


def _attend(attention: Any, bias: Tensor, x: Tensor) -> Tensor:
    """Mix places as taming's attention does, with one product for key, query and value, and a mask that is added."""
    length = x.shape[1]
    layers = (attention.query, attention.key, attention.value)
    weight = torch.cat([layer.weight for layer in layers])
    offset = torch.cat([layer.bias for layer in layers])
    query, key, value = F.linear(x, weight, offset).unflatten(2, (3, attention.n_head, -1)).permute(2, 0, 3, 1, 4)
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1) + bias[:length, :length].to(query.dtype)
    mixed = scores.softmax(-1).to(value.dtype) @ value
    out: Tensor = attention.proj(mixed.transpose(1, 2).flatten(2))
    return out


def write(state_dict: dict[str, Tensor], shape: Shape, folder: Path) -> None:
    """Write `sketch.safetensors` and `sketch.yaml`, taming's configuration of a second stage."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(state_dict, folder / "sketch.safetensors")
    config = {
        "model": {
            "target": "taming.models.cond_transformer.Net2NetTransformer",
            "params": {
                "transformer_config": {"target": "taming.modules.transformer.mingpt.GPT", "params": asdict(shape)}
            },
        }
    }
    OmegaConf.save(OmegaConf.create(config), folder / "sketch.yaml")
