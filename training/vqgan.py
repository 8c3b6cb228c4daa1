"""Trains the pocket VQGAN: reconstruction through a codebook (Esser et al. 2021), without a discriminator."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import OmegaConf
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from generation.canvas.groupnorm import hasten
from generation.canvas.vqgan import VQGAN
from training.budget import Budget, load_checkpoint, save_checkpoint
from training.dataset import Dataset

SAVE_EVERY = 120.0  # seconds
COMMITMENT = 0.25
REVIVE_EVERY = 40  # steps
REVIVE_UNTIL = 0.75  # of the training
RECENT = 8192  # encoder outputs kept to draw codes from


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a VQGAN, named as in taming's configuration.

    Group normalisation has 32 groups there, so every level needs 64 channels at least: with one channel to a group
    the mean colour is lost and nothing is learnt.
    """

    ch: int = 64
    ch_mult: tuple[int, ...] = (1, 1, 2, 2)
    num_res_blocks: int = 1
    z_channels: int = 64
    n_embed: int = 1024
    embed_dim: int = 16
    resolution: int = 128

    @property
    def ddconfig(self) -> dict[str, Any]:
        """Encoder and decoder as taming's configuration describes them."""
        return {
            "double_z": False,
            "z_channels": self.z_channels,
            "resolution": self.resolution,
            "in_channels": 3,
            "out_ch": 3,
            "ch": self.ch,
            "ch_mult": list(self.ch_mult),
            "num_res_blocks": self.num_res_blocks,
            "attn_resolutions": [],
            "dropout": 0.0,
        }


@dataclass(frozen=True, slots=True)
class Stage:
    """The side of the crops and how many make a batch, from a share of the training time on."""

    start: float
    side: int
    batch: int


STAGES = (Stage(0.0, 64, 8), Stage(0.62, 128, 3))
UNQUANTISED = 100  # steps before the codebook is filled from what the encoder puts out


class VQGANTraining:
    """A training that can be broken off and resumed.

    Args:
        dataset: drawings to learn from.
        checkpoint: file to resume from and save to.
        minutes: of training in all.
        rate: highest learning rate.
    """

    def __init__(
        self, dataset: Dataset, checkpoint: Path, minutes: float, rate: float = 1e-3, shape: Shape | None = None
    ) -> None:
        self.shape = shape or Shape()
        self.dataset = dataset
        self.rate = rate
        torch.manual_seed(0)
        self.vqgan = VQGAN(self.shape.ddconfig, self.shape.n_embed, self.shape.embed_dim)
        hasten(self.vqgan)
        self.vqgan.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
        self.optimizer = torch.optim.AdamW(self.vqgan.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=1e-4)
        self.step = 0
        self.uses = torch.zeros(self.shape.n_embed)
        self._recent = torch.zeros(0, self.shape.embed_dim)
        self.checkpoint = checkpoint
        spent = self._resume()
        self.budget = Budget(minutes, spent)
        self._saved = self.budget.spent

    def _resume(self) -> float:
        state = load_checkpoint(self.checkpoint)
        if state is None:
            return 0.0
        self.vqgan.load_state_dict(state["vqgan"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.uses = state["step"], state["uses"]
        torch.manual_seed(self.step)
        return float(state["spent"])

    def save(self) -> None:
        """Write the checkpoint."""
        self._saved = self.budget.spent
        save_checkpoint(
            self.checkpoint,
            {
                "vqgan": self.vqgan.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "uses": self.uses,
                "spent": self.budget.spent,
            },
        )

    def run(self, steps: int | None = None) -> list[float]:
        """Train until the time is up, or for so many steps; the losses are returned."""
        self.vqgan.train()
        losses: list[float] = []
        while self.budget.progress < 1 and (steps is None or len(losses) < steps):
            losses.append(self._learn())
            self.step += 1
            if self.step % 100 == 0:
                self._report(losses[-100:])
            if self.budget.spent - self._saved > SAVE_EVERY:
                self.save()
        self.save()
        return losses

    def _learn(self) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * self.budget.rate(self.step)
        pictures = self._crops()
        z = self.vqgan.encode(pictures)
        codebook_loss = z.new_zeros(())
        latents = z
        if self.step >= UNQUANTISED:
            self._revive(z.detach())
            codes = self.vqgan.codes(z.detach())
            self.uses += torch.bincount(codes.flatten(), minlength=self.shape.n_embed)
            nearest = self.vqgan.lookup(codes)
            codebook_loss = F.mse_loss(nearest, z.detach()) + COMMITMENT * F.mse_loss(z, nearest.detach())
            latents = z + (nearest - z).detach()
        drawn = self.vqgan.decode(latents.contiguous(memory_format=torch.channels_last))
        loss = reconstruction_loss(drawn, pictures) + codebook_loss
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.vqgan.parameters(), 1.0)
        self.optimizer.step()
        return float((drawn.detach() - pictures).abs().mean())

    def _crops(self) -> Tensor:
        stage = [stage for stage in STAGES if stage.start <= self.budget.progress][-1]
        random = np.random.default_rng((2, self.step))
        pictures = self.dataset.batch(random.integers(len(self.dataset), size=stage.batch))
        top, left = random.integers(pictures.shape[-1] - stage.side + 1, size=2)
        crops = pictures[:, :, top : top + stage.side, left : left + stage.side]
        if random.random() < 0.5:
            crops = crops.flip(3)
        return crops.contiguous(memory_format=torch.channels_last)

    @torch.no_grad()
    def _revive(self, z: Tensor) -> None:
        """Fill the codebook at first, and later the codes that nothing uses, from recent encoder outputs."""
        flat = z.permute(0, 2, 3, 1).flatten(0, 2)
        self._recent = torch.cat([flat, self._recent])[:RECENT]
        first = self.step == UNQUANTISED
        if not first and (self.step % REVIVE_EVERY or self.budget.progress > REVIVE_UNTIL):
            return
        dead = torch.arange(len(self.uses)) if first else (self.uses < 2).nonzero()[:, 0]
        chosen = self._recent[torch.randint(len(self._recent), (len(dead),))]
        noise = torch.randn_like(chosen) * 0.01 * self._recent.std()
        self.vqgan.codebook[dead] = chosen + noise
        state = self.optimizer.state.get(self.vqgan.codebook)
        if state:
            state["exp_avg"][dead] = 0
            state["exp_avg_sq"][dead] = state["exp_avg_sq"].mean()
        self.uses.zero_()

    def _report(self, losses: list[float]) -> None:
        minutes = self.budget.spent / 60
        used = int((self.uses > 0).sum())
        mean = sum(losses) / len(losses)
        print(f"vqgan: step {self.step}, {minutes:.1f} min, L1 {mean:.4f}, {used} codes in use", flush=True)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights under taming's names, half precision."""
        return {name: tensor.detach().half().contiguous() for name, tensor in self.vqgan.state_dict().items()}


def reconstruction_loss(drawn: Tensor, pictures: Tensor) -> Tensor:
    """Differences of pixels, of edges and of a small copy, of pictures in [0, 1]."""
    difference = 2 * (drawn - pictures)
    edges = _change(difference, 3) + _change(difference, 2)
    small = F.avg_pool2d(difference, 4).abs().mean()
    return difference.abs().mean() + difference.square().mean() + 0.5 * edges + small


def _change(pictures: Tensor, dimension: int) -> Tensor:
    return pictures.diff(dim=dimension).abs().mean()


def write(state_dict: dict[str, Tensor], shape: Shape, folder: Path, recipe: dict[str, Any] | None = None) -> None:
    """Write `vqgan.safetensors` and `vqgan.yaml`, taming's configuration with an optional section on painting."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(state_dict, folder / "vqgan.safetensors")
    config: dict[str, Any] = {
        "model": {
            "target": "taming.models.vqgan.VQModel",
            "params": {
                "embed_dim": shape.embed_dim,
                "n_embed": shape.n_embed,
                "ddconfig": shape.ddconfig,
                "lossconfig": {"target": "taming.modules.losses.DummyLoss"},
            },
        }
    }
    if recipe:
        config["recipe"] = recipe
    OmegaConf.save(OmegaConf.create(config), folder / "vqgan.yaml")
