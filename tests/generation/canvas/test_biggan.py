"""BigGAN's latents as a canvas, beside big-sleep's formulas."""

import json
from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from generation.canvas import Init
from generation.canvas.biggan import BigGANCanvas, number_of, truncated
from generation.checkpoints.biggan import load_biggan
from generation.errors import RequestError
from generation.models.biggan import BigGAN
from generation.request import ImagineRequest
from tests.generation.models.biggans import CONFIG, published

CPU = torch.device("cpu")
CLASSES = ["tench, Tinca tinca", "golden retriever", "owl", "frog, toad", "crane"]
REQUEST = ImagineRequest("a", "an owl", 1, 64, 48, 2, canvas="biggan")
Rows = tuple[list[Tensor], list[Tensor]]


@pytest.fixture(scope="module")
def biggan(tmp_path_factory: pytest.TempPathFactory) -> BigGAN:
    folder = tmp_path_factory.mktemp("biggan")
    torch.save(published().state_dict(), folder / "a.bin")
    (folder / "a.json").write_text(json.dumps(CONFIG | {"classes": CLASSES}))
    network = load_biggan(Path(folder / "a.json"))
    network.freeze(torch.float32, CPU)
    return network


@pytest.fixture
def canvas(biggan: BigGAN) -> BigGANCanvas:
    return BigGANCanvas(biggan, None, 0.0, CPU)


def rows(init: Init) -> Rows:
    return [each[None] for each in init.parameters], [each[None] for each in init.constants]


def begun(canvas: BigGANCanvas, seed: int = 1, **fields: object) -> Rows:
    request = ImagineRequest("a", "an owl", seed, 64, 48, 2, canvas="biggan", **fields)  # type: ignore[arg-type]
    return rows(canvas.begin(request, 16, 12, Generator().manual_seed(seed)))


def test_it_paints_what_has_the_shape_in_the_middle_of_the_square(canvas: BigGANCanvas) -> None:
    assert canvas.painted_shape((64, 48)) == (16, 12)
    assert canvas.painted_shape((48, 480)) == (2, 16)
    shapes = (16, 12), (16, 16)
    wide, whole = (canvas.render(*rows(canvas.begin(REQUEST, *each, Generator().manual_seed(1)))) for each in shapes)
    assert wide.shape == (1, 3, 12, 16)
    assert torch.equal(wide, whole[:, :, 2:14])
    assert canvas.enlarge(*begun(canvas), (64, 48)).shape == (1, 3, 48, 64)


def test_a_class_is_what_the_network_makes_of_it(canvas: BigGANCanvas) -> None:
    """One latent goes into all layers then, as in samples of the package."""
    shown = canvas.render(*rows(canvas.begin(REQUEST_OWL, 16, 16, Generator().manual_seed(1))))
    z = 0.5 * truncated(1, 8, Generator().manual_seed(1))
    with torch.no_grad():
        expected = published()(z, F.one_hot(torch.tensor([2]), 5).float(), 0.5).add(1).div(2)
    assert (shown - expected).abs().max() < 0.05, "but for the hundredth that a sigmoid leaves out"


REQUEST_OWL = ImagineRequest("a", "", 1, 16, 16, 1, canvas="biggan", classes=(("owl", 1.0),), truncation=0.5)


def test_shares_of_classes(canvas: BigGANCanvas) -> None:
    _, constants = begun(canvas, classes=(("golden retriever", 0.7), ("toad", 0.3)))
    shares = canvas.classes(constants[1])
    assert torch.allclose(shares[0, 3], torch.tensor([1e-5, 0.7, 1e-5, 0.3, 1e-5]), atol=1e-5)


def test_without_classes_all_are_drawn_for_each_layer(canvas: BigGANCanvas) -> None:
    """Of a thousand, the logits would be N(-3.9, 0.3), big-sleep's; of few there is a fifth of each."""
    _, (z, logits, truncation, _) = begun(canvas)
    assert z.shape == (1, 7, 8)
    assert logits.shape == (1, 7, 5)
    assert not torch.equal(z[0, 0], z[0, 1])
    assert float(logits.sigmoid().mean()) == pytest.approx(0.2, abs=0.03)
    assert float(truncation) == 1


@pytest.mark.parametrize("most", [1, 2, 5, 9])
def test_the_greatest_classes_are_kept_as_in_big_sleep(biggan: BigGAN, most: int) -> None:
    logits = torch.randn(2, 7, 5, generator=Generator().manual_seed(3))
    expected = torch.zeros_like(logits)
    for row, layer in ((row, layer) for row in range(2) for layer in range(7)):
        left = (logits[row, layer] / 2.0).clone()
        for _ in range(min(most, 5)):
            shares = left.softmax(0)
            number = int(shares.argmax())
            expected[row, layer, number] = shares[number]
            left[number] = -torch.inf
    assert torch.allclose(BigGANCanvas(biggan, most, 0.0, CPU).classes(logits), expected)


def test_its_losses_are_big_sleeps(canvas: BigGANCanvas) -> None:
    generator = Generator().manual_seed(4)
    z, classes = 1.5 * torch.randn(2, 7, 8, generator=generator), torch.rand(2, 7, 5, generator=generator)
    for row in range(2):
        expected = 4 * max(float((z[row] ** 2).mean()), 1.0)
        for layer in z[row]:
            mean = layer.mean()
            scores = (layer - mean) / ((layer - mean) ** 2).mean().sqrt()
            moments = (1 - layer.std()).abs() + mean.abs() + (scores**3).mean().abs() + ((scores**4).mean() - 3).abs()
            expected += float(moments) / 7
        rest = classes[row].sort(dim=1).values[:, :4]
        expected += float(((50 * rest) ** 2).mean())
        assert float(canvas.loss(z, classes)[row]) == pytest.approx(expected, rel=1e-5)


def test_every_parameter_counts_and_a_gradient_comes_back(canvas: BigGANCanvas) -> None:
    parameters, constants = begun(canvas)
    leaves = [each.clone().requires_grad_() for each in parameters]
    pictures = canvas.render(leaves, constants)
    loss = pictures.square().sum() + canvas.regulariser(leaves, constants, pictures).sum()
    for gradient in torch.autograd.grad(loss, leaves):
        assert (gradient != 0).all()


def test_a_latent_leads_back_to_the_picture(canvas: BigGANCanvas) -> None:
    parameters, constants = begun(canvas, truncation=0.4, classes=(("owl", 1.0),))
    parameters = [each + 0.1 for each in parameters]
    latent = canvas.latents(parameters, constants)
    assert latent.shape == (1, 1, 7, 8 + 5 + 1)
    again = rows(canvas.begin_at(latent[0], 16, 12))
    assert torch.allclose(canvas.render(*again), canvas.render(parameters, constants), atol=1e-6)
    assert float(canvas.distance_to_start(again[0])) == 0
    with pytest.raises(RequestError, match="damaged"):
        canvas.begin_at(torch.zeros(16, 4, 6), 16, 12)


@pytest.mark.parametrize("name", ["owl", "Owl", " OWL ", "toad", "tench, Tinca tinca", "Tinca  tinca"])
def test_a_class_has_several_names(name: str) -> None:
    assert CLASSES[number_of(name, CLASSES)].casefold().count(" ".join(name.split()).casefold())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("golden retreiver", "There is no class 'golden retreiver'; there is for example golden retriever."),
        ("retriever", "There is no class 'retriever'; there is for example golden retriever."),
        ("xyz" * 50, "; there are for example tench, golden retriever and owl."),
    ],
)
def test_a_class_that_there_is_not_is_refused_with_the_nearest(name: str, sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        number_of(name, CLASSES)
    assert sentence in str(caught.value)


def test_latents_are_normal_and_none_is_far_out() -> None:
    z = truncated(1000, 16, Generator().manual_seed(0))
    assert z.abs().max() <= 2
    assert abs(float(z.mean())) < 0.02
    assert float(z.std()) == pytest.approx(0.88, abs=0.01), "of a normal distribution cut at 2"
