"""The canvas, and its mathematics beside those of the paper and of deep-daze, written down anew here."""

import math
from collections.abc import Sequence

import pytest
import siren_pytorch
import torch
from torch import Generator, Tensor

from generation.canvas import Init, Scalable, total_variation
from generation.canvas import siren as module
from generation.canvas.noise import fractal
from generation.canvas.siren import SirenCanvas, coordinates
from generation.models.siren import colours, new_weights
from generation.recipe import SirenShape

CPU = torch.device("cpu")
SHAPE = SirenShape(4, 32)
SIDE = 24


@pytest.fixture
def canvas() -> SirenCanvas:
    return SirenCanvas(SHAPE, SIDE, 0.5, CPU)


def begun(canvas: SirenCanvas, seed: int = 0, picture: Tensor | None = None) -> Init:
    return canvas.init(32, SIDE, Generator().manual_seed(seed), picture)


def together(*inits: Init) -> tuple[list[Tensor], list[Tensor]]:
    parameters = [torch.stack(each) for each in zip(*(init.parameters for init in inits), strict=True)]
    return parameters, [torch.stack(each) for each in zip(*(init.constants for init in inits), strict=True)]


def by_formula(y: float, x: float, weights: Sequence[Tensor], w0: float) -> list[float]:
    """Return the colour at a point: Sitzmann et al. 2020, equation 5, number by number in double precision."""
    first, bias, hidden, biases, last, last_bias = (each.double() for each in weights)
    layers = [(first, bias), *zip(hidden, biases, strict=True)]
    values = [y, x]
    for matrix, offset in layers:
        values = [
            math.sin(w0 * (sum(float(w) * v for w, v in zip(row, values, strict=True)) + float(b)))
            for row, b in zip(matrix, offset, strict=True)
        ]
    return [
        sum(float(w) * v for w, v in zip(row, values, strict=True)) + float(b)
        for row, b in zip(last, last_bias, strict=True)
    ]


def test_it_is_the_network_of_the_paper_to_one_part_in_ten_thousand() -> None:
    """On equal weights, for each of a batch its own; the last is large enough for its colours to differ."""
    shape = SirenShape(5, 12)
    networks = [new_weights(shape, Generator().manual_seed(seed)) for seed in range(3)]
    points = [(-1.0, -1.0), (-0.3, 0.7), (0.0, 0.0), (1.0, 0.25)]
    weights = [torch.stack(each) for each in zip(*networks, strict=True)]
    weights[4] *= 30
    found = colours(torch.tensor(points).expand(3, -1, -1), weights, shape.w0)
    for row in range(3):
        expected = torch.tensor([by_formula(*point, [each[row] for each in weights], shape.w0) for point in points])
        assert (found[row] - expected).abs().max() < 1e-4
    assert found.std() > 0.1


def test_sixteen_layers_of_two_hundred_and_fifty_six_are_deep_dazes_to_one_part_in_ten_thousand() -> None:
    """Its coordinates, its sines, its final (x + 1) / 2: one network at a time, by products of matrices in doubles."""
    canvas = SirenCanvas(SirenShape(), 8, 0.0, CPU)
    inits = [canvas.init(8, 8, Generator().manual_seed(seed), None) for seed in range(2)]
    shown = canvas.render(*together(*inits))
    line = torch.linspace(-1, 1, 8, dtype=torch.float64)
    grid = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1).view(-1, 2)
    for init, picture in zip(inits, shown, strict=True):
        first, bias, hidden, biases, last, last_bias = (each.double() for each in init.constants[1:])
        x = (30 * (grid @ first.T + bias)).sin()
        for matrix, offset in zip(hidden, biases, strict=True):
            x = (30 * (x @ matrix.T + offset)).sin()
        expected = ((x @ last.T + last_bias + 1) / 2).clamp(0, 1).T.view(3, 8, 8)
        assert (picture - expected).abs().max() < 1e-4


def test_weights_are_uniform_as_the_paper_has_them() -> None:
    first, bias, hidden, biases, last, last_bias = new_weights(SirenShape(3, 200, 20.0), Generator().manual_seed(0))
    assert [each.shape for each in (first, hidden, last)] == [(200, 2), (2, 200, 200), (3, 200)]
    bound = math.sqrt(6 / 200) / 20
    for tensor, most in ((first, 0.5), (bias, 0.5), (hidden, bound), (biases, bound), (last, bound)):
        assert 0.9 * most < tensor.abs().max() <= most
        assert float(tensor.std()) == pytest.approx(most / math.sqrt(3), rel=0.15)
    assert last_bias.abs().max() <= bound


def test_it_begins_and_every_weight_changes_the_picture(canvas: SirenCanvas) -> None:
    parameters, constants = together(begun(canvas))
    assert not any(each.any() for each in parameters)
    leaves = [each.requires_grad_() for each in parameters]
    shown = canvas.render(leaves, constants)
    assert shown.shape == (1, 3, SIDE, 32)
    assert torch.equal(canvas.regulariser(leaves, [], shown), total_variation(shown, 0.5))
    shown.square().sum().backward()
    assert all(leaf.grad is not None and leaf.grad.any() for leaf in leaves)


def test_each_of_a_batch_has_its_own_weights(canvas: SirenCanvas) -> None:
    inits = [begun(canvas, seed) for seed in range(3)]
    shown = canvas.render(*together(*inits))
    for init, picture in zip(inits, shown, strict=True):
        assert (canvas.render(*together(init))[0] - picture).abs().max() < 1e-5
    assert (shown[0] - shown[1]).abs().mean() > 0.001


def test_it_begins_with_about_a_picture(canvas: SirenCanvas) -> None:
    wanted = fractal(32, SIDE, Generator().manual_seed(3))
    before = canvas.render(*together(begun(canvas)))[0]
    primed = canvas.render(*together(begun(canvas, picture=wanted)))[0]
    assert (primed - wanted).square().mean() < 0.1 * (before - wanted).square().mean()


def test_of_many_points_the_layers_are_computed_again(canvas: SirenCanvas, monkeypatch: pytest.MonkeyPatch) -> None:
    def gradients() -> list[Tensor]:
        parameters, constants = together(begun(canvas))
        leaves = [each.requires_grad_() for each in parameters]
        return list(torch.autograd.grad(canvas.render(leaves, constants).square().sum(), leaves))

    at_once = gradients()
    monkeypatch.setattr(module, "AT_ONCE", 100)
    for some, whole in zip(gradients(), at_once, strict=True):
        assert torch.allclose(some, whole, rtol=1e-3, atol=1e-4)


def test_it_has_any_size(canvas: SirenCanvas) -> None:
    assert isinstance(canvas, Scalable)
    assert canvas.painted_shape((640, 480)) == (32, SIDE)
    assert canvas.painted_shape((20, 16)) == (20, 16)
    parameters, constants = together(begun(canvas))
    small = canvas.render(parameters, constants)
    assert canvas.enlarge(parameters, constants, (32, SIDE)).equal(small)
    large = canvas.enlarge(parameters, constants, (63, 47))
    assert large.shape == (1, 3, 47, 63)
    assert (large[..., 0, 0] - small[..., 0, 0]).abs().max() < 0.02
    square = SirenCanvas(SHAPE, 8, 0.0, CPU)
    parameters, constants = together(square.init(8, 8, Generator().manual_seed(0), None))
    small, large = square.render(parameters, constants), square.enlarge(parameters, constants, (15, 15))
    assert (large[..., ::2, ::2] - small).abs().max() < 1e-4, "every second point is the same"


def test_coordinates_run_over_the_shorter_side() -> None:
    points = coordinates(8, 4)
    assert points.shape == (4, 8, 2)
    assert points[0, 0].tolist() == [-1, -2]
    assert points[-1, -1].tolist() == [1, 2]


def test_the_distance_to_the_start_is_how_far_the_arguments_turn(canvas: SirenCanvas) -> None:
    parameters, _ = together(begun(canvas))
    assert canvas.distance_to_start(parameters).tolist() == [0]
    parameters[2] += 1e-3
    expected = SHAPE.w0**2 * SHAPE.hidden / 2 * 1e-6 * (SHAPE.layers - 1) / SHAPE.layers
    assert float(canvas.distance_to_start(parameters)) == pytest.approx(expected, rel=1e-4)


def test_it_is_the_network_that_deep_daze_takes_from_siren_pytorch() -> None:
    """The package's own code beside the canvas, on the weights that it drew: 22 layers, the most that people take."""
    torch.manual_seed(0)
    theirs = siren_pytorch.SirenNet(dim_in=2, dim_hidden=64, dim_out=3, num_layers=22, w0=30.0, w0_initial=30.0)
    hidden = theirs.layers[1:]
    weights = (
        theirs.layers[0].weight,
        theirs.layers[0].bias,
        torch.stack([layer.weight for layer in hidden]),
        torch.stack([layer.bias for layer in hidden]),
        theirs.last_layer.weight,
        theirs.last_layer.bias,
    )
    wrapped = siren_pytorch.SirenWrapper(theirs, image_width=16, image_height=16)
    canvas = SirenCanvas(SirenShape(22, 64), 16, 0.0, CPU)
    constants = [each[None] for each in (coordinates(16, 16), *weights)]
    with torch.no_grad():
        shown = canvas.render([torch.zeros_like(each) for each in constants[1:]], constants)
        expected = wrapped().add(1).mul(0.5).clamp(0, 1)
    assert (shown - expected).abs().max() < 1e-4
    assert expected.std() > 0.001
