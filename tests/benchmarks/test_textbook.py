import pytest
import torch
from torch import nn

from benchmarks import textbook as textbook_module
from benchmarks.networks import Networks, pocket
from benchmarks.precision import judged
from benchmarks.textbook import Textbook, clamp_with_grad, vector_quantise
from generation.models import upstream
from generation.recipe import Recipe
from generation.request import ImagineRequest

CPU = torch.device("cpu")
PROMPT = "a red apple"
SIDE, STEPS, CUTOUTS = 64, 24, 6


@pytest.fixture(scope="module")
def networks() -> Networks:
    return pocket()


def painted_by_the_textbook(networks: Networks, steps: int) -> torch.Tensor:
    textbook = Textbook(networks, CPU, CUTOUTS)
    textbook.begin(PROMPT, SIDE, SIDE, seed=1)
    for _ in range(steps):
        textbook.step()
    with torch.no_grad():
        return textbook.paint()[0]


def painted_by_us(networks: Networks, steps: int) -> torch.Tensor:
    engine = networks.engine(Recipe(cutouts=CUTOUTS), CPU, "float32")
    painting = engine.add_request(ImagineRequest("one", PROMPT, 1, SIDE, SIDE, steps))
    while len(engine):
        engine.step()
    assert painting.picture is not None
    return painting.picture


def test_its_loss_falls_and_its_picture_comes_as_near_to_the_prompt_as_ours(networks: Networks) -> None:
    judge = Textbook(networks, CPU, 32)
    start = judged(judge, painted_by_the_textbook(networks, 0), PROMPT)
    picture = painted_by_the_textbook(networks, STEPS)
    theirs = judged(judge, picture, PROMPT)
    ours = judged(judge, painted_by_us(networks, STEPS), PROMPT)
    assert theirs < 0.7 * start
    assert ours < 0.7 * start
    assert 0.6 < ours / theirs < 1.6
    assert judged(judge, picture, "the sea at night") > theirs


def test_a_seed_gives_the_same_picture(networks: Networks) -> None:
    assert torch.equal(painted_by_the_textbook(networks, 2), painted_by_the_textbook(networks, 2))


def test_it_uses_the_published_classes_and_frozen_weights(networks: Networks) -> None:
    textbook = Textbook(networks, CPU, 2)
    kinds = {type(module) for module in [*textbook.decoder.modules(), *textbook.clip.modules()]}
    assert {kind.__module__.partition(".")[0] for kind in kinds} == {"taming", "clip", "torch"}
    assert nn.GroupNorm in kinds
    weights = [*textbook.decoder.parameters(), *textbook.post_quant_conv.parameters(), *textbook.clip.parameters()]
    assert not any(weight.requires_grad for weight in weights)
    assert {weight.dtype for weight in weights} == {torch.float32}
    assert all(weight.is_contiguous() for weight in weights)


def test_what_is_done_to_a_module_is_not_in_its_second_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    original = upstream.clip_model.QuickGELU
    monkeypatch.setitem(vars(upstream.clip_model), "QuickGELU", nn.Identity)
    copy = textbook_module.anew(upstream.clip_model)
    assert copy is not upstream.clip_model
    assert copy.QuickGELU.__name__ == original.__name__ == "QuickGELU"


def test_each_vector_becomes_the_nearest_code_and_passes_its_gradient() -> None:
    codebook = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    x = torch.tensor([[0.2, 0.3], [0.9, 0.6]], requires_grad=True)
    quantised = vector_quantise(x, codebook)
    assert quantised.tolist() == codebook.tolist()
    (quantised * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_only_the_way_back_leads_out_of_the_clamp() -> None:
    x = torch.tensor([-1.0, -1.0, 0.5, 2.0, 2.0], requires_grad=True)
    (clamp_with_grad(x, 0.0, 1.0) * torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0])).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, -1.0, 1.0, 1.0, 0.0]
