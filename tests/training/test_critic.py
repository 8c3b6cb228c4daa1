import torch

from generation.perceptor.clip import CLIPPerceptor
from training.clip import Shape
from training.critic import Features, PatchDiscriminator, balance, hinge

TINY = Shape(embed_dim=32, image_resolution=32, vision_width=8, transformer_width=64, transformer_layers=1)


def test_discriminator_learns_to_tell() -> None:
    torch.manual_seed(0)
    discriminator = PatchDiscriminator(8)
    optimizer = torch.optim.Adam(discriminator.parameters(), lr=2e-3)
    losses = []
    for _ in range(30):
        sharp = (torch.rand(4, 3, 32, 32) > 0.5).float()
        loss = hinge(discriminator(sharp), discriminator(torch.nn.functional.avg_pool2d(sharp, 3, 1, 1)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])


def test_features_tell_a_blurred_picture_from_a_sharp_one() -> None:
    torch.manual_seed(0)
    features = Features(CLIPPerceptor(TINY.build(50, 8)))
    sharp = torch.rand(2, 3, 32, 32)
    blurred = torch.nn.functional.avg_pool2d(sharp, 3, 1, 1).requires_grad_()
    assert float(features.distance(sharp, sharp)) == 0
    distance = features.distance(blurred, sharp)
    distance.backward()
    assert float(distance.detach()) > 0
    assert blurred.grad is not None
    assert torch.any(blurred.grad != 0)


def test_balance_makes_both_losses_pull_alike() -> None:
    last = torch.tensor([1.0, 2.0], requires_grad=True)
    weight = balance((last * 6).sum(), (last * 2).sum(), last)
    assert torch.allclose(weight, torch.tensor(3.0), atol=1e-3)
