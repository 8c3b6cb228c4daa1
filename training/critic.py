"""What makes a VQGAN's reconstructions sharp: a discriminator of patches and a comparison of features.

Esser, Rombach and Ommer 2021, section 3.1 and equations 5 to 7; the patch discriminator is that of Isola et al. 2017
(arXiv 1611.07004), the comparison that of Zhang et al. 2018 (arXiv 1801.03924) with the pocket CLIP, trained on
attacked pictures, in the place of VGG.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.models.precision import autocast
from generation.perceptor.clip import CLIPPerceptor

GREATEST = 1e4  # weight of the discriminator's part


class PatchDiscriminator(nn.Module):
    """Tells drawings from reconstructions, patch by patch: ``[B, 3, H, W]`` in [0, 1] to ``[B, 1, H/8, W/8]``, about.

    Args:
        width: channels of the first layer.
    """

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for wide in (2, 4):
            layers += [
                nn.Conv2d(width * wide // 2, width * wide, 4, 2 if wide == 2 else 1, 1, bias=False),
                nn.BatchNorm2d(width * wide),
                nn.LeakyReLU(0.2),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(width * 4, 1, 4, 1, 1))
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, 0.0, 0.02)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return how real each patch looks, positive for drawings."""
        with autocast(pictures.device):
            judgement: Tensor = self.layers(pictures * 2 - 1)
        return judgement.float()


class Features:
    """Compares pictures by what the first layers of a CLIP with a ResNet tower see.

    Args:
        perceptor: frozen and in evaluation mode.
    """

    def __init__(self, perceptor: CLIPPerceptor) -> None:
        self.perceptor = perceptor.eval().requires_grad_(False)

    def distance(self, drawn: Tensor, pictures: Tensor) -> Tensor:
        """Return the mean squared difference of unit feature vectors, over three depths."""
        with torch.no_grad():
            wanted = self._see(pictures)
        seen = self._see(drawn)
        parts = [(a - b).square().sum(1).mean() for a, b in zip(seen, wanted, strict=True)]
        return torch.stack(parts).mean()

    def _see(self, pictures: Tensor) -> list[Tensor]:
        tower: Any = self.perceptor.clip.visual
        seen = []
        with autocast(pictures.device):
            x = (pictures - self.perceptor.mean) / self.perceptor.std
            for number in (1, 2, 3):
                x = getattr(tower, f"relu{number}")(getattr(tower, f"bn{number}")(getattr(tower, f"conv{number}")(x)))
            seen.append(x)
            x = tower.layer1(tower.avgpool(x))
            seen.append(x)
            seen.append(tower.layer2(x))
        return [F.normalize(features.float(), dim=1, eps=1e-3) for features in seen]


def hinge(real: Tensor, drawn: Tensor) -> Tensor:
    """Return the discriminator's loss (Lim and Ye 2017)."""
    return (F.relu(1 - real).mean() + F.relu(1 + drawn).mean()) / 2


def balance(reconstruction: Tensor, adversarial: Tensor, last: Tensor) -> Tensor:
    """Return the weight at which the adversarial loss pulls the last layer as hard as the other (equation 7)."""
    (first,) = torch.autograd.grad(reconstruction, last, retain_graph=True)
    (second,) = torch.autograd.grad(adversarial, last, retain_graph=True)
    weight: Tensor = (first.norm() / (second.norm() + 1e-4)).clamp(max=GREATEST).detach()
    return weight
