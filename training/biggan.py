"""Trains the pocket BigGAN on drawings of classes (Brock, Donahue and Simonyan 2019, arXiv 1809.11096)."""

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils import spectral_norm

from generation.canvas.biggan import truncated
from generation.models.biggan import BigGAN, BigGANShape, Norm
from training.drawings.classes import CLASSES
from training.loop import Training
from training.projection import ProjectionDiscriminator, changed
from training.sheet import sheet

CPU = torch.device("cpu")
LEFT_OUT = ("castle", "cat", "elephant", "fish", "guitar", "star", "umbrella", "windmill")
"""Classes that the published network had not learnt well when its time was up."""
RATES = (2e-4, 4e-4)
"""Learning rates of generator and discriminator (Heusel et al. 2017, arXiv 1706.08500, section 2)."""
BETAS = (0.0, 0.99)
MEAN = 0.999
"""Share of the old weights in the mean that is kept, each step."""
COOLING = 0.6
"""Share of the training after which the learning rates fall."""
TRUNCATION = 0.7
"""At which the sheet shows samples."""
SHOWN = 4
"""Samples of each class on the sheet."""
MEASURED = 16
"""Batches from which the statistics of a truncation are."""
OF_EACH = 8
"""Pictures of each class in one of them."""
SHAPE = BigGANShape(
    z_dim=32,
    channel_width=40,
    num_classes=len(CLASSES),
    layers=(
        (False, 16, 16),
        (True, 16, 8),
        (False, 8, 8),
        (True, 8, 4),
        (False, 4, 4),
        (True, 4, 2),
        (False, 2, 2),
        (True, 2, 1),
    ),
    attention_layer_position=6,
    n_stats=11,
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large all is.

    Args:
        shape: of the generator.
        discriminator: channels of its first layer.
        batch: pictures in a step, of each kind.
    """

    shape: BigGANShape = SHAPE
    discriminator: int = 48
    batch: int = 128


SHIPPED = Sizes()


class BigGANTraining(Training):
    """The BigGAN's: a step of the discriminator and one of the generator, by the hinge loss (Lim and Ye 2017).

    Args:
        drawings: uint8 ``[n, side, side, 3]``; number k is of class k modulo their number.
        checkpoint: file to resume from and save to.
        minutes: of training in all.
        sizes: of all.
        device: to train on; on CUDA, steps are recorded once and played back.
    """

    def __init__(
        self,
        drawings: np.ndarray,
        checkpoint: Path,
        minutes: float,
        sizes: Sizes | None = None,
        device: torch.device = CPU,
    ) -> None:
        super().__init__(checkpoint, minutes, device)
        self.sizes = sizes or Sizes()
        self.shape = self.sizes.shape
        self.drawings = torch.from_numpy(np.ascontiguousarray(drawings)).permute(0, 3, 1, 2).to(device)
        torch.manual_seed(0)
        self.biggan = learning(self.shape).to(device)
        self.discriminator = ProjectionDiscriminator(
            self.shape.num_classes, self.sizes.discriminator, self.shape.side
        ).to(device)
        for network in (self.biggan, self.discriminator):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
        self.mean = copy.deepcopy(self.biggan).requires_grad_(False)
        self.rates = tuple(torch.tensor(rate, device=device) for rate in RATES)
        self.optimizers = tuple(
            torch.optim.Adam(network.parameters(), rate, BETAS, capturable=device.type == "cuda")
            for network, rate in zip((self.biggan, self.discriminator), self.rates, strict=True)
        )
        self._losses = torch.zeros(2, device=device)
        """Of discriminator and generator in the last step."""
        self.resume()
        self._take: Callable[[], None] = _recorded(self._both) if device.type == "cuda" else self._both

    def state(self) -> dict[str, Any]:
        """Return weights and optimisers."""
        return {
            "biggan": self.biggan.state_dict(),
            "mean": self.mean.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.biggan.load_state_dict(state["biggan"])
        self.mean.load_state_dict(state["mean"])
        self.discriminator.load_state_dict(state["discriminator"])
        for optimizer, own, rate in zip(self.optimizers, state["optimizers"], self.rates, strict=True):
            optimizer.load_state_dict(own)
            optimizer.param_groups[0]["lr"] = rate

    def learn(self) -> float:
        """Take a step of both and return the discriminator's loss."""
        cooled = max(0.0, (self.budget.progress - COOLING) / (1 - COOLING))
        for rate, highest in zip(self.rates, RATES, strict=True):
            rate.fill_(highest * (1 - 0.95 * cooled))
        self._take()
        return float(self._losses[0])

    def _both(self) -> None:
        batch = self.sizes.batch
        with self._autocast():
            chosen = torch.randint(len(self.drawings), (batch,), device=self.device)
            real = self.drawings[chosen].float().div(127.5).sub(1)
            with torch.no_grad():
                drawn, labels = self._draw()
            seen = changed(torch.cat([real, drawn.float()])).contiguous(memory_format=torch.channels_last)
            judged = self.discriminator(seen, torch.cat([chosen % self.shape.num_classes, labels]))
        loss = (1 - judged[:batch]).relu().mean() + (1 + judged[batch:]).relu().mean()
        self._step(1, self.discriminator, loss)
        with self._autocast():
            drawn, labels = self._draw()
            fooled = -self.discriminator(changed(drawn.float()), labels).mean()
        self._step(0, self.biggan, fooled)
        torch._foreach_lerp_(list(self.mean.parameters()), list(self.biggan.parameters()), 1 - MEAN)
        torch._foreach_copy_(list(self.mean.buffers()), list(self.biggan.buffers()))
        self._losses.copy_(torch.stack([loss.detach(), fooled.detach()]))

    def _step(self, number: int, network: nn.Module, loss: Tensor) -> None:
        weights = list(network.parameters())
        for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.grad = gradient
        self.optimizers[number].step()

    def _draw(self) -> tuple[Tensor, Tensor]:
        """Return pictures of classes drawn at random, and those."""
        labels = torch.randint(self.shape.num_classes, (self.sizes.batch,), device=self.device)
        z = torch.randn(self.sizes.batch, 1, self.shape.z_dim, device=self.device)
        return self.biggan(z, one_hot(labels, self.shape.num_classes), z.new_zeros(len(z), self.shape.n_stats)), labels

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda", cache_enabled=False)

    @torch.no_grad()
    def show(self) -> Image.Image:
        """Return samples of each class, normed by the statistics of all on the sheet."""
        count = self.shape.num_classes
        labels = torch.arange(count, device=self.device).repeat_interleave(SHOWN)
        z = TRUNCATION * truncated(len(labels), self.shape.z_dim, torch.Generator().manual_seed(0)).to(self.device)
        mix = z.new_zeros(len(z), self.shape.n_stats)
        drawn = self.mean.train()(z[:, None], one_hot(labels, count), mix)
        pixels = drawn.add(1).mul(127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()
        return sheet(list(pixels), ["" for _ in labels], 6 * SHOWN)

    def tell(self, loss: float) -> str:
        """Return both losses."""
        return f"discriminator {loss:.3f}, generator {float(self._losses[1]):.3f}"

    def state_dict(self) -> dict[str, Tensor]:
        """Return the mean's weights under the published names, with statistics for each truncation, half precision."""
        measure(self.mean)
        return {name: tensor.detach().cpu().half().contiguous() for name, tensor in self.mean.state_dict().items()}


def learning(shape: BigGANShape) -> BigGAN:
    """Return a BigGAN that learns, with orthogonal weights and spectral norms."""
    biggan = BigGAN(shape)
    for module in biggan.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.orthogonal_(module.weight)
            if module is not biggan.embeddings:
                spectral_norm(module, eps=shape.eps)
    return biggan


def one_hot(labels: Tensor, count: int) -> Tensor:
    """Return classes as they go into a BigGAN, ``[B, 1, count]``."""
    return (labels[:, None, None] == torch.arange(count, device=labels.device)).float()


@torch.no_grad()
def measure(biggan: BigGAN) -> None:
    """Give every norm the statistics of what passes it at each truncation, on the way that they are measured."""
    norms = [module for module in biggan.modules() if isinstance(module, Norm)]
    device = norms[0].running_means.device
    count = biggan.shape.num_classes
    labels = torch.arange(count, device=device).repeat(OF_EACH)
    for row in range(biggan.shape.n_stats):
        sums = {norm: [torch.zeros_like(norm.running_means[0]) for _ in range(2)] for norm in norms}

        def look(norm: Norm, arguments: tuple[Tensor, ...], sums: dict[Norm, list[Tensor]] = sums) -> None:
            x = arguments[0].float()
            variance, mean = torch.var_mean(x, (0, 2, 3), correction=0)
            sums[norm][0].add_(mean / MEASURED)
            sums[norm][1].add_(variance / MEASURED)

        hooks = [norm.register_forward_pre_hook(look) for norm in norms]
        generator = torch.Generator().manual_seed(row)
        for _ in range(MEASURED):
            z = row / (biggan.shape.n_stats - 1) * truncated(len(labels), biggan.shape.z_dim, generator).to(device)
            mix = z.new_zeros(len(z), biggan.shape.n_stats)
            biggan.train()(z[:, None], one_hot(labels, count), mix)
        for hook in hooks:
            hook.remove()
        for norm, (mean, variance) in sums.items():
            norm.running_means[row], norm.running_vars[row] = mean, variance


def _recorded(step: Callable[[], None]) -> Callable[[], None]:
    """Return a step that is played back from a CUDA graph, after some that were not."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def write(state_dict: dict[str, Tensor], shape: BigGANShape, folder: Path, left_out: Sequence[str] = LEFT_OUT) -> None:
    """Write `biggan.safetensors` and `biggan.json`, the published configuration with the classes' names.

    Args:
        state_dict: of the network.
        shape: of it.
        folder: to write to.
        left_out: classes that it has not learnt well enough to be asked for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = [number for number, name in enumerate(CLASSES[: shape.num_classes]) if name not in left_out]
    embeddings = state_dict["embeddings.weight"][:, kept].contiguous()
    save_file(state_dict | {"embeddings.weight": embeddings}, folder / "biggan.safetensors")
    config = asdict(shape) | {
        "output_dim": shape.side,
        "class_embed_dim": shape.z_dim,
        "num_classes": len(kept),
        "classes": [CLASSES[number] for number in kept],
    }
    (folder / "biggan.json").write_text(json.dumps(config, indent=1) + "\n")


def sample_sheet(biggan: BigGAN, seed: int, *, named: bool = False) -> tuple[Image.Image, list[str]]:
    """Return a sheet of one sample of each class, and the names in its order.

    Args:
        biggan: frozen, on the CPU.
        seed: of order and samples.
        named: whether they are in order with their names below, and not shuffled and numbered.
    """
    generator, count = torch.Generator().manual_seed(seed), biggan.shape.num_classes
    order = torch.arange(count) if named else torch.randperm(count, generator=generator)
    z = TRUNCATION * truncated(count, biggan.shape.z_dim, generator)
    with torch.no_grad():
        drawn = biggan(z[:, None], one_hot(order, count), biggan.shape.statistics(torch.full((count,), TRUNCATION)))
    pixels = drawn.add(1).mul(127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    names = [biggan.classes[each] for each in order]
    return sheet(list(pixels), names if named else [str(number + 1) for number in range(count)], 8), names
