import numpy as np
import pytest
import torch
from torch.nn import functional as F

from generation.perceptor.clip import CLIPPerceptor
from training.chains import LIFE, Chains
from training.clip import CPU, Shape


@pytest.fixture(scope="module")
def perceptor() -> CLIPPerceptor:
    torch.manual_seed(0)
    shape = Shape(embed_dim=32, image_resolution=32, vision_width=8, transformer_width=64, transformer_layers=1)
    return CLIPPerceptor(shape.build(50, 8)).eval().requires_grad_(False)


def test_paintings_come_nearer_to_their_text_and_begin_grey(perceptor: CLIPPerceptor) -> None:
    painted = Chains(4, 32, CPU)
    random = np.random.default_rng(0)
    chosen = painted.choose(3, drawings=10, captions=3, random=random)
    assert torch.all(painted.pictures(chosen) == 0.5)
    wanted = torch.rand(3, 3, 32, 32)
    text = perceptor.encode_image(wanted)
    others = F.normalize(torch.randn(20, 32), dim=1)
    before = (perceptor.encode_image(painted.pictures(chosen)) * text).sum(1)
    for _ in range(20):
        painted.advance(chosen, text, others, perceptor)
    pictures = painted.pictures(chosen)
    assert 0 <= float(pictures.min()) <= float(pictures.max()) <= 1
    assert torch.all((perceptor.encode_image(pictures) * text).sum(1) > before)
    assert list(painted.ages[chosen]) == [20, 20, 20]


def test_what_is_done_begins_anew(perceptor: CLIPPerceptor) -> None:
    painted, random = Chains(2, 32, CPU, ending=0.0), np.random.default_rng(0)
    chosen = painted.choose(2, 10, 3, random)
    text = F.normalize(torch.randn(2, 32), dim=1)
    painted.advance(chosen, text, text, perceptor)
    assert list(painted.ages) == [1, 1]
    painted.ages[1] = LIFE
    painted.choose(2, 10, 3, random)
    assert list(painted.ages) == [1, 0]
    assert torch.all(painted.pictures(np.array([1])) == 0.5)
    assert torch.any(painted.pictures(np.array([0])) != 0.5)


def test_state_goes_on(perceptor: CLIPPerceptor) -> None:
    first, second = Chains(2, 32, CPU), Chains(2, 32, CPU)
    chosen = first.choose(2, 10, 3, np.random.default_rng(0))
    text = F.normalize(torch.randn(2, 32), dim=1)
    first.advance(chosen, text, text, perceptor)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.pictures(chosen), second.pictures(chosen))
    assert np.array_equal(first.drawings, second.drawings)
