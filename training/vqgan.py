"""Trains the pocket VQGAN: reconstruction through a codebook (Esser et al. 2021), sharpened by a discriminator."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import OmegaConf
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from generation.models.groupnorm import hasten
from generation.models.precision import autocast
from generation.models.vqgan import VQGAN
from generation.perceptor.clip import CLIPPerceptor
from training.critic import Features, PatchDiscriminator, balance, hinge
from training.dataset import Dataset
from training.loop import Training
from training.muon import MuonAdamW, split
from training.sheet import sheet

CPU = torch.device("cpu")
COMMITMENT = 0.25
QUANTISED_FROM = 0.12  # of the training: a codebook that comes before colours are learnt keeps them out
FEATURES_FROM = 0.45  # of the training, if there is a perceptor
FEATURES = 1.0  # weight of their distance
ADVERSARIAL_FROM = 0.67
ADVERSARIAL = 0.5  # of the pull of the other losses
DECAY = 0.98  # of the running means that the codes are
REVIVE_EVERY = 40  # steps
REVIVE_UNTIL = 0.75  # of the training
RARE = 0.1  # uses per step under which a code is given a new place
RECENT = 16384  # encoder outputs kept to draw codes from
SMALL = 0.2  # share of batches of whole drawings at half the size
BLURRED = 0.3  # share of batches that are shown soft and noisy and have to be drawn sharp and clean
NOISE = 0.06  # greatest standard deviation of theirs
SHOWN = 12  # drawings on the sheet
LLOYD = 6  # rounds of k-means that make the first codebook


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a VQGAN, named as in taming's configuration.

    Group normalisation has 32 groups there, so every level needs 64 channels at least: with one channel to a group
    the mean colour is lost and nothing is learnt.
    """

    ch: int = 64
    ch_mult: tuple[int, ...] = (1, 1, 1, 2)
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


STAGES = (Stage(0.0, 64, 8), Stage(0.8, 128, 3))


class VQGANTraining(Training):
    """The VQGAN's.

    Args:
        dataset: drawings to learn from.
        checkpoint: file to resume from and save to.
        minutes: of training in all.
        rate: highest learning rate of the kernels; the other weights have half of it.
        perceptor: whose features reconstructions must share.
        device: to train on.
    """

    def __init__(
        self,
        dataset: Dataset,
        checkpoint: Path,
        minutes: float,
        rate: float = 1.5e-3,
        shape: Shape | None = None,
        perceptor: CLIPPerceptor | None = None,
        device: torch.device = CPU,
    ) -> None:
        super().__init__(checkpoint, minutes, device)
        self.shape = shape or Shape()
        self.dataset = dataset
        self.rate = rate
        self.stages: tuple[Stage, ...] = STAGES
        self.quantised_from = QUANTISED_FROM
        torch.manual_seed(0)
        self.vqgan = VQGAN(self.shape.ddconfig, self.shape.n_embed, self.shape.embed_dim)
        if device.type == "cpu":
            hasten(self.vqgan)
        self.vqgan.to(device)
        self.vqgan.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
        self.vqgan.codebook.requires_grad_(False)
        _open(self.vqgan)
        ends: Any = (self.vqgan.encoder.conv_in.weight, self.vqgan.decoder.conv_out.weight)  # type: ignore[union-attr]
        self.optimizer = MuonAdamW(*split(self.vqgan, ends), rate, rate / 2, 1e-3)
        self.features = Features(perceptor.to(device)) if perceptor else None
        self.discriminator = PatchDiscriminator().to(device)
        self.discriminator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
        self.critics = torch.optim.AdamW(self.discriminator.parameters(), lr=rate / 8, betas=(0.5, 0.9))
        self.uses = torch.zeros(self.shape.n_embed, device=device)
        """Running mean of how often a step uses each code; zero before there is a codebook."""
        self.sums = torch.zeros(self.shape.n_embed, self.shape.embed_dim, device=device)
        """Running mean of the sum of what each code stands for."""
        self._recent = torch.zeros(0, self.shape.embed_dim, device=device)
        self.resume()

    def state(self) -> dict[str, Any]:
        """Return weights, optimisers and what is known of the codes."""
        return {
            "vqgan": self.vqgan.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "critics": self.critics.state_dict(),
            "uses": self.uses,
            "sums": self.sums,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.vqgan.load_state_dict(state["vqgan"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.discriminator.load_state_dict(state["discriminator"])
        self.critics.load_state_dict(state["critics"])
        self.uses, self.sums = state["uses"], state["sums"]

    def learn(self) -> float:
        """Take a step of reconstruction and, towards the end, of the discriminator; return the mean absolute error."""
        pictures = self._crops()
        with autocast(self.device):
            z = self.vqgan.encode(self._shown(pictures))
        commitment = z.new_zeros(())
        latents = z
        self._remember(z.detach())
        if self.budget.progress >= self.quantised_from:
            nearest = self._quantise(z.detach())
            commitment = COMMITMENT * F.mse_loss(z, nearest)
            latents = z + (nearest - z).detach()
        with autocast(self.device):
            drawn = self.vqgan.decode(latents.contiguous(memory_format=torch.channels_last))
        loss = reconstruction_loss(drawn, pictures)
        if self.features and self.budget.progress >= FEATURES_FROM:
            loss = loss + FEATURES * self.features.distance(drawn, pictures)
        if self.budget.progress >= ADVERSARIAL_FROM:
            loss = loss + self._fool(loss, drawn, pictures)
        loss = loss + commitment
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.vqgan.parameters(), 1.0)
        self.optimizer.step(self.budget.rate(self.step))
        return float((drawn.detach() - pictures).abs().mean())

    def _fool(self, reconstruction: Tensor, drawn: Tensor, pictures: Tensor) -> Tensor:
        """Let the discriminator learn and return the loss of not fooling it."""
        for group in self.critics.param_groups:
            group["lr"] = self.rate / 8 * self.budget.rate(self.step)
        self.critics.zero_grad()
        hinge(self.discriminator(pictures), self.discriminator(drawn.detach())).backward()
        self.critics.step()
        self.discriminator.requires_grad_(False)
        adversarial = -self.discriminator(drawn).mean()
        self.discriminator.requires_grad_(True)
        last: Tensor = self.vqgan.decoder.conv_out.weight  # type: ignore[union-attr, assignment]
        pull: Tensor = ADVERSARIAL * adversarial * balance(reconstruction, adversarial, last)
        return pull

    def _crops(self) -> Tensor:
        stage = [stage for stage in self.stages if stage.start <= self.budget.progress][-1]
        random = np.random.default_rng((2, self.step))
        pictures = self.dataset.batch(random.integers(len(self.dataset), size=stage.batch))
        if random.random() < SMALL:
            pictures = F.avg_pool2d(pictures, 2)
        side = min(stage.side, pictures.shape[-1])
        top, left = random.integers(pictures.shape[-1] - side + 1, size=2)
        crops = pictures[:, :, top : top + side, left : left + side]
        if random.random() < 0.5:
            crops = crops.flip(3)
        return crops.to(self.device).contiguous(memory_format=torch.channels_last)

    def _shown(self, pictures: Tensor) -> Tensor:
        """Return what the encoder is shown of pictures: themselves, or a soft and noisy copy.

        So the way through the codes mends what painting leaves soft.
        """
        if torch.rand(()) >= BLURRED:
            return pictures
        soft = F.interpolate(F.avg_pool2d(pictures, 2), scale_factor=2, mode="bilinear")
        noisy = soft + NOISE * float(torch.rand(())) * torch.randn_like(soft)
        return noisy.contiguous(memory_format=torch.channels_last)

    def _remember(self, z: Tensor) -> None:
        self._recent = torch.cat([z.permute(0, 2, 3, 1).flatten(0, 2), self._recent])[:RECENT]

    @torch.no_grad()
    def _quantise(self, z: Tensor) -> Tensor:
        """Return the nearest code of each latent, after which the codes move to the mean of what they stand for."""
        if not self.uses.any():
            self._found()
        codes = self.vqgan.codes(z)
        nearest = self.vqgan.lookup(codes)
        flat = z.permute(0, 2, 3, 1).flatten(0, 2)
        uses = torch.bincount(codes.flatten(), minlength=len(self.uses)).float()
        sums = torch.zeros_like(self.sums).index_add_(0, codes.flatten(), flat)
        self.uses.lerp_(uses, 1 - DECAY)
        self.sums.lerp_(sums, 1 - DECAY)
        if self.step % REVIVE_EVERY == 0 and self.budget.progress < REVIVE_UNTIL:
            rare = (self.uses < RARE).nonzero()[:, 0]
            self.sums[rare] = self._recent[torch.randint(len(self._recent), (len(rare),), device=self.device)]
            self.uses[rare] = 1.0
        alive = self.uses > 1e-4
        self.vqgan.codebook[alive] = self.sums[alive] / self.uses[alive, None]
        return nearest

    def _found(self) -> None:
        """Make the first codebook of recent latents by k-means."""
        count = len(self.uses)
        codes = self._recent[torch.randint(len(self._recent), (count,), device=self.device)].clone()
        for _ in range(LLOYD):
            self.vqgan.codebook.copy_(codes)
            nearest = self.vqgan.codes(self._recent.T[None, :, :, None]).flatten()
            uses = torch.bincount(nearest, minlength=count).float()
            sums = torch.zeros_like(codes).index_add_(0, nearest, self._recent)
            codes = torch.where(uses[:, None] > 0, sums / uses.clamp(min=1)[:, None], codes)
        self.vqgan.codebook.copy_(codes)
        self.uses = torch.ones(count, device=self.device)
        self.sums = codes.clone()

    @torch.no_grad()
    def show(self) -> Image.Image:
        """Return drawings above their reconstructions."""
        pictures = self.dataset.batch(range(SHOWN)).to(self.device)
        z = self.vqgan.encode(pictures)
        drawn = self.vqgan.decode(self.vqgan.quantise(z) if self.uses.any() else z).clamp(0, 1)
        pixels = torch.cat([pictures, drawn]).mul(255).byte().permute(0, 2, 3, 1).cpu().numpy()
        captions = [captions[0] for captions in self.dataset.captions[:SHOWN]]
        return sheet(list(pixels), [*captions, *captions], SHOWN)

    def tell(self, loss: float) -> str:
        """Return the mean absolute error and how many codes are in use."""
        return f"L1 {loss:.4f}, {int((self.uses > RARE).sum())} codes in use"

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights under taming's names, half precision."""
        return {name: tensor.detach().cpu().half().contiguous() for name, tensor in self.vqgan.state_dict().items()}


def _open(vqgan: VQGAN) -> None:
    """Let every residual block begin as the identity, so that a deep network learns from its first step."""
    for module in vqgan.modules():
        last = getattr(module, "conv2", None) or getattr(module, "proj_out", None)
        if isinstance(last, torch.nn.Conv2d):
            torch.nn.init.zeros_(last.weight)


def reconstruction_loss(drawn: Tensor, pictures: Tensor) -> Tensor:
    """Differences of pixels, of edges and of a small copy, of pictures in [0, 1]."""
    difference = 2 * (drawn - pictures)
    edges = _change(difference, 3) + _change(difference, 2)
    small = F.avg_pool2d(difference, 4).abs().mean()
    return difference.abs().mean() + difference.square().mean() + 0.5 * edges + small


def _change(pictures: Tensor, dimension: int) -> Tensor:
    return pictures.diff(dim=dimension).abs().mean()


def write(state_dict: dict[str, Tensor], shape: Shape, folder: Path, sections: dict[str, Any] | None = None) -> None:
    """Write `vqgan.safetensors` and `vqgan.yaml`, taming's configuration with our sections on painting."""
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
        },
        **(sections or {}),
    }
    OmegaConf.save(OmegaConf.create(config), folder / "vqgan.yaml")
