import numpy as np
import pytest
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from generation.canvas import Init, Scalable, total_variation
from generation.canvas.fourier import MOST_PIXELS, FourierCanvas
from generation.canvas.noise import fractal

CPU = torch.device("cpu")
WIDTH, HEIGHT = 96, 64


@pytest.fixture
def canvas() -> FourierCanvas:
    return FourierCanvas("noise", 0.5, CPU)


def picture() -> Tensor:
    return 0.1 + 0.8 * fractal(WIDTH, HEIGHT, Generator().manual_seed(3))


def stacked(init: Init) -> tuple[list[Tensor], list[Tensor]]:
    return [each[None] for each in init.parameters], [each[None] for each in init.constants]


def begun(canvas: FourierCanvas, picture: Tensor | None = None) -> tuple[list[Tensor], list[Tensor]]:
    return stacked(canvas.init(WIDTH, HEIGHT, Generator().manual_seed(0), picture))


def test_it_begins_nearly_grey_and_what_is_added_is_nothing(canvas: FourierCanvas) -> None:
    parameters, constants = begun(canvas)
    shown = canvas.render(parameters, constants)
    assert shown.shape == (1, 3, HEIGHT, WIDTH)
    assert not parameters[0].any()
    assert 0.001 < shown.std() < 0.05
    assert torch.equal(canvas.regulariser(parameters, [], shown), total_variation(shown, 0.5))
    grey = FourierCanvas("grey", 0.0, CPU)
    assert (grey.render(*begun(grey)) == 0.5).all()


def test_it_begins_with_a_picture_by_its_spectrum(canvas: FourierCanvas) -> None:
    wanted = picture()
    assert (canvas.render(*begun(canvas, wanted))[0] - wanted).abs().max() < 1e-4
    extreme = (wanted > 0.5).float()
    assert (canvas.render(*begun(canvas, extreme))[0] - extreme).abs().max() < 1 / 255


def test_it_is_the_sum_of_waves_whose_amplitudes_fall_with_the_frequency(canvas: FourierCanvas) -> None:
    """One number of the spectrum is one cosine in brightness, and a lower one a stronger cosine."""
    parameters, constants = begun(FourierCanvas("grey", 0.0, CPU))
    swings = []
    for column in (2, 8):
        parameters[0].zero_()
        parameters[0][0, 0, 0, column, 0] = 1.0
        shown = torch.logit(canvas.render(parameters, constants)[0].double())
        wave = torch.cos(2 * torch.pi * column * torch.arange(WIDTH) / WIDTH)
        swings.append(float(shown[0, 0] @ wave.double()) / float(wave.square().sum()))
        assert (shown - swings[-1] * wave).abs().max() < 1e-4
    assert swings[0] / swings[1] == pytest.approx(4**1.5, rel=1e-3)


@pytest.mark.parametrize("shape", [(64, 64), (256, 128)])
def test_numbers_count_alike_whatever_the_size(canvas: FourierCanvas, shape: tuple[int, int]) -> None:
    """Independent ones of variance 1 make brightness of variance 1, of which the mean square of them tells too."""
    init = canvas.init(*shape, Generator().manual_seed(0), None)
    parameters = [torch.randn(64, *init.parameters[0].shape, generator=Generator().manual_seed(1))]
    distances = canvas.distance_to_start(parameters)
    assert distances.shape == (64,)
    assert float(distances.mean()) == pytest.approx(1.0, rel=0.2)
    assert canvas.distance_to_start([torch.zeros_like(parameters[0])]).abs().max() == 0


def test_every_number_but_the_phases_of_what_has_none_changes_the_picture(canvas: FourierCanvas) -> None:
    parameters, constants = begun(canvas)
    leaf = parameters[0].requires_grad_()
    weights = torch.rand(1, 3, HEIGHT, WIDTH, generator=Generator().manual_seed(5))
    (canvas.render([leaf], constants) * weights).sum().backward()
    assert leaf.grad is not None
    assert (leaf.grad[..., 0] != 0).all()
    assert (leaf.grad[..., 1] != 0).float().mean() > 0.9


def test_a_larger_picture_is_the_same_waves(canvas: FourierCanvas) -> None:
    parameters, constants = begun(canvas, picture())
    small, large = canvas.render(parameters, constants), canvas.enlarge(parameters, constants, (4 * WIDTH, 4 * HEIGHT))
    assert large.shape == (1, 3, 4 * HEIGHT, 4 * WIDTH)
    assert (large[..., ::4, ::4] - small).abs().mean() < 0.01, "its pixels are among the larger one's"
    resized = F.interpolate(small, scale_factor=4, mode="nearest")
    assert (large - resized).abs().mean() < 0.05
    assert canvas.enlarge(parameters, constants, (WIDTH, HEIGHT)).equal(small)


def test_what_is_painted_has_a_bound(canvas: FourierCanvas) -> None:
    assert isinstance(canvas, Scalable)
    assert canvas.painted_shape((512, 288)) == (512, 288)
    width, height = canvas.painted_shape((3840, 2160))
    assert width * height <= MOST_PIXELS * 1.01
    assert width / height == pytest.approx(16 / 9, rel=0.01)
    assert (width % 2, height % 2) == (0, 0)


@pytest.mark.parametrize("shape", [(96, 64), (32, 32), (40, 72)])
def test_brightness_is_the_published_formulas(canvas: FourierCanvas, shape: tuple[int, int]) -> None:
    """Lucid's image in its spectrum (Olah et al. 2017), which aphantasia brings to one contrast: in doubles, by numpy.

    Ours has the same contrast whatever is drawn, so both are compared at the contrast 1.
    """
    width, height = shape
    init = canvas.init(width, height, Generator().manual_seed(0), None)
    numbers = torch.randn(init.parameters[0].shape, generator=Generator().manual_seed(1))
    numbers[1:] = 0
    shown = canvas.render([numbers[None]], [torch.zeros_like(numbers)[None]])[0]
    brightness = torch.logit(shown.double()).mean(0)
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    scale = 1 / np.maximum(frequencies, 1 / max(width, height)) ** 1.5
    real, imaginary = numbers[0].double().numpy().transpose(2, 0, 1)
    expected = torch.from_numpy(np.fft.irfft2(scale * (real + 1j * imaginary), s=(height, width), norm="ortho"))
    assert (brightness / brightness.std() - expected / expected.std()).abs().max() < 1e-4
