"""Trains the pocket composer: to write the codes of drawings from their captions (Esser et al. 2021, section 3.2)."""

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from omegaconf import OmegaConf
from PIL import Image
from safetensors.torch import save_file
from taming.modules.transformer import mingpt
from torch import Tensor
from torch.nn import functional as F

from generation.canvas.vqgan import VQGAN
from generation.composer import Composer
from generation.perceptor.clip import CLIPPerceptor
from generation.precision import autocast
from training.clip import unknown_words
from training.dataset import Dataset
from training.drawings import SIZE as DRAWN
from training.loop import Training
from training.muon import MuonAdamW, split
from training.sheet import sheet
from training.words import CONTEXT

CPU = torch.device("cpu")
SIDE = 96  # pixels of a sketch
CELL = 8  # pixels that a code stands for
GRID = DRAWN * CELL / SIDE  # pixels of a drawing that a code stands for, to which things in it are aligned
WITHOUT_TEXT = 0.1  # share of drawings whose caption is hidden, for guidance
SHOWN = 36  # sketches on the sheet
GUIDANCE = 2.5
TEMPERATURE = 0.85


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a composer, named as in taming's configuration."""

    vocab_size: int = 1024
    block_size: int = 160
    n_layer: int = 5
    n_head: int = 4
    n_embd: int = 192
    n_unmasked: int = 16


def encode(dataset: Dataset, vqgan: VQGAN, path: Path, device: torch.device = CPU, batch: int = 8) -> np.ndarray:
    """Return the codes of all drawings, int16 ``[n, codes]``; they are kept in the file and made only once."""
    if path.exists() and len(np.load(path, mmap_mode="r")) == len(dataset):
        return open_memmap(path, "r")
    partial = path.with_suffix(".partial")
    codes = open_memmap(partial, "w+", np.int16, (len(dataset), (SIDE // CELL) ** 2))
    for first in range(0, len(dataset), batch):
        indices = range(first, min(first + batch, len(dataset)))
        pictures = F.interpolate(dataset.batch(indices).to(device), size=SIDE, mode="area")
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), autocast(device):
            codes[first : first + len(indices)] = vqgan.codes(vqgan.encode(pictures)).flatten(1).cpu().numpy()
        if first % 4000 == 0:
            print(f"codes: {first} of {len(dataset)}", flush=True)
    codes.flush()
    partial.replace(path)
    return open_memmap(path, "r")


class ComposerTraining(Training):
    """The composer's.

    Args:
        dataset: drawings to learn from.
        codes: of the drawings, int16 ``[n, codes]``.
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
        codes: np.ndarray,
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
        self._tokens = torch.cat([perceptor.tokenise(caption)[0] for caption in said]).int()
        self._empty = perceptor.tokenise("")[0][0]
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
        """Take a step and return the cross entropy in nats per code."""
        random = np.random.default_rng((3, self.step))
        chosen = random.integers(len(self.dataset), size=self.batch)
        rows = chosen * (len(self._tokens) // len(self.dataset)) + random.integers(
            len(self._tokens) // len(self.dataset), size=self.batch
        )
        tokens = self._tokens[rows].long()
        tokens[:, :CONTEXT] = unknown_words(tokens[:, :CONTEXT])
        tokens[torch.from_numpy(random.random(self.batch) < WITHOUT_TEXT)] = self._empty
        codes = torch.from_numpy(self.codes[chosen].astype(np.int64)).to(self.device)
        with autocast(self.device):
            logits = self.composer(self._read(tokens), codes)
        loss = F.cross_entropy(logits.flatten(0, 1).float(), codes.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.composer.parameters(), 1.0)
        self.optimizer.step(self.budget.rate(self.step))
        return float(loss.detach())

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
        codes = self.composer.compose(text, nothing, GUIDANCE, TEMPERATURE, torch.Generator().manual_seed(0))
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
