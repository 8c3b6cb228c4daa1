"""Neural style: the paper's equations, and pictures that come near to a style."""

from collections.abc import Mapping
from dataclasses import replace
from math import isclose
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.checkpoints.loader import load_models
from generation.checkpoints.vgg import load_vgg, with_vgg
from generation.engine.engine import Engine
from generation.engine.neural_style import CONTENT_SHARE, LEAST, NeuralStyle
from generation.errors import CheckpointError, RequestError
from generation.models.vgg import CONVOLUTIONS, VGG
from generation.options import NEURAL_STYLE
from generation.request import ImagineRequest
from generation.steering import steered
from generation.targets import Steering, Target
from generation.worker.build import engine_for

OFFICIAL = (64, 64, 128, 128, *[256] * 4, *[512] * 5)
TINY = (6, 6, 8, 8, *[8] * 4, *[12] * 5)


def random_vgg(widths: tuple[int, ...] = TINY) -> VGG:
    """Return one of random weights, scaled so that its features keep their size."""
    torch.manual_seed(3)
    vgg = VGG(widths)
    for module in vgg.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            assert module.bias is not None
            nn.init.uniform_(module.bias, 0, 0.1)
    vgg.freeze(torch.device("cpu"))
    return vgg


def published(vgg: VGG) -> dict[str, Tensor]:
    """Return what a file of torchvision's holds, with its classifier."""
    return {**vgg.state_dict(), "features.30.weight": torch.zeros(1), "classifier.0.weight": torch.zeros(2, 2)}


def request(**fields: Any) -> ImagineRequest:
    own = ImagineRequest("1", "in the style of a picture", 7, 64, 64, 12, canvas=NEURAL_STYLE, init_weight=2.0)
    return replace(own, init_picture="c" * 64, targets=(Target(picture="a" * 64),), **fields)


@pytest.fixture
def pictures() -> Mapping[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    rough = torch.rand(2, 3, 8, 8, generator=generator)
    content, style = F.interpolate(rough, size=(64, 64), mode="bilinear", align_corners=False)
    return {"c" * 64: content, "a" * 64: style, "b" * 64: torch.rand(3, 64, 64, generator=generator)}


def features(weights: Mapping[str, Tensor], picture: Tensor) -> dict[str, Tensor]:
    """Return the features of each layer as a matrix, by the paper's names: written without what is tested."""
    x = (picture - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(
        3, 1, 1
    )
    found, place = {}, 0
    for block, count in enumerate((2, 2, 4, 4, 1), 1):
        for number in range(1, count + 1):
            x = F.conv2d(x[None], weights[f"features.{place}.weight"], weights[f"features.{place}.bias"], padding=1)[0]
            x = x.clamp(min=0)
            found[f"conv{block}_{number}"] = x.reshape(len(x), -1)
            place += 2
        x = x[:, ::2, ::2] / 4 + x[:, 1::2, ::2] / 4 + x[:, ::2, 1::2] / 4 + x[:, 1::2, 1::2] / 4
        place += 1
    return found


def style_distance(first: Tensor, second: Tensor) -> Tensor:
    """Return E of two matrices of features (equations 3 and 4)."""
    n, m = first.shape
    total = torch.zeros(())
    for i in range(n):
        for j in range(n):
            total = total + ((first[i] * first[j]).sum() - (second[i] * second[j]).sum()) ** 2
    return total / (4 * n**2 * m**2)


def test_the_loss_is_the_papers(pictures: Mapping[str, Tensor]) -> None:
    vgg = random_vgg()
    weights, x = vgg.state_dict(), pictures["b" * 64]
    own, content, style = (features(weights, each) for each in (x, pictures["c" * 64], pictures["a" * 64]))
    layers = [f"conv{number}_1" for number in range(1, 6)]
    total = torch.zeros(())
    for layer in layers:
        nothing = torch.zeros_like(style[layer])
        free = style_distance(content[layer], style[layer]) + LEAST * style_distance(nothing, style[layer])
        total += style_distance(own[layer], style[layer]) / free / 5
    held = 0.5 * (own["conv4_2"] - content["conv4_2"]).square().sum()
    away = 0.5 * (style["conv4_2"] - content["conv4_2"]).square().sum()
    whole = 0.5 * content["conv4_2"].square().sum()
    total += 2 * CONTENT_SHARE * held / (away + LEAST * whole)
    objective = NeuralStyle(vgg)
    rows = [row[None] for row in objective.rows(request(), pictures)]
    loss = objective.loss(x[None], rows, torch.ones(1, 1), torch.zeros(1, 1))
    assert isclose(loss.item(), total.item(), rel_tol=1e-4)


def test_two_styles_count_by_their_weights(pictures: Mapping[str, Tensor]) -> None:
    objective, x = NeuralStyle(random_vgg()), torch.stack([pictures["c" * 64], pictures["b" * 64]])
    alone = [replace(request(), init_weight=0.0, targets=(Target(picture=name * 64),)) for name in "ab"]
    single = [
        objective.loss(x, [r[None].expand(2, *r.shape) for r in objective.rows(each, pictures)], *ones(2))
        for each in alone
    ]
    both = replace(alone[0], targets=(alone[0].targets[0], alone[1].targets[0]))
    rows = [r[None].expand(2, *r.shape) for r in objective.rows(both, pictures)]
    found = objective.loss(x, rows, torch.tensor([[0.75, 0.25]]).expand(2, 2), torch.zeros(2, 1))
    torch.testing.assert_close(found, 0.75 * single[0] + 0.25 * single[1])


def ones(count: int) -> tuple[Tensor, Tensor]:
    return torch.ones(count, 1), torch.zeros(count, 1)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Paint with a tiny VGG beside the pocket models."""
    torch.save(published(random_vgg()), tmp_path / "vgg19.pth")
    models = with_vgg(load_models("pocket", "pocket", torch.device("cpu")), str(tmp_path / "vgg19.pth"))
    return engine_for(models, torch.device("cpu"))


def test_a_picture_comes_near_to_a_style_and_keeps_its_content(engine: Engine, pictures: Mapping[str, Tensor]) -> None:
    def painted(init_weight: float) -> Tensor:
        state = engine.add_request(replace(request(steps=30), init_weight=init_weight), pictures=pictures)
        while len(engine):
            engine.step()
        assert state.fault is None
        assert state.picture is not None
        return state.picture

    objective = NeuralStyle(random_vgg())
    style_alone = replace(request(), init_weight=0.0)
    rows = [row[None] for row in objective.rows(style_alone, pictures)]
    free, held = painted(0.0), painted(50.0)
    content = pictures["c" * 64]
    losses = [float(objective.loss(each[None], rows, *ones(1))) for each in (content, free)]
    assert losses[1] < losses[0] / 4
    seen = [features(random_vgg().state_dict(), each)["conv4_2"] for each in (content, free, held)]
    assert (seen[2] - seen[0]).square().mean() < (seen[1] - seen[0]).square().mean() / 2
    assert engine.equipment.painters[-1] == NEURAL_STYLE
    torch.testing.assert_close(painted(0.0), free, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"init_picture": ""}, "give the one that is painted too"),
        ({"targets": (Target("words"),)}, "looks at pictures only"),
        ({"without": ("fog",)}, "looks at pictures only"),
        ({"zoom": 1.1}, "keeps things where they are"),
        ({"outputs": ("png", "safetensors")}, "by a latent"),
        ({"optimiser": "cma"}, "population"),
    ],
)
def test_what_is_refused(engine: Engine, pictures: Mapping[str, Tensor], fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        engine.add_request(replace(request(), **fields), pictures=pictures)
    with pytest.raises(RequestError, match="cannot be steered"):
        steered(request(), [Steering("fog", 1.0)], 3)


def test_without_weights_there_is_no_such_painter(pictures: Mapping[str, Tensor]) -> None:
    engine = engine_for(load_models("pocket", "pocket", torch.device("cpu")), torch.device("cpu"))
    with pytest.raises(RequestError, match="no such painter"):
        engine.add_request(request(), pictures=pictures)


def test_official_shapes_are_read(tmp_path: Path) -> None:
    with torch.device("meta"):
        shapes = VGG(OFFICIAL).state_dict()
    assert list(shapes["features.28.weight"].shape) == [512, 512, 3, 3]
    torch.save({f"module.{name}": torch.zeros(each.shape) for name, each in shapes.items()}, tmp_path / "vgg19.pth")
    found = load_vgg(tmp_path / "vgg19.pth")
    assert [len(found.state_dict()[f"features.{place}.weight"]) for place in CONVOLUTIONS] == [*OFFICIAL]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"features.16.weight": None}, "does not hold the weights of a VGG-19: features.16.weight is missing"),
        ({"features.2.bias": torch.zeros(9)}, r"features.2.bias is \[9\]"),
        ({"features.5.weight": torch.zeros(())}, "a layer has"),
        ({"features.0.weight": torch.full((6, 3, 3, 3), float("nan"))}, "no numbers"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, change: dict[str, Tensor | None], sentence: str) -> None:
    weights = {**published(random_vgg()), **change}
    torch.save({name: each for name, each in weights.items() if each is not None}, tmp_path / "vgg19.pth")
    with pytest.raises(CheckpointError, match=sentence):
        load_vgg(tmp_path / "vgg19.pth")
