from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from generation.engine.story import FADE, weights
from generation.prompt import read
from generation.request import ImagineRequest
from generation.targets import Target

REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=100)


def story(prompt: str, steps: int = 100) -> ImagineRequest:
    return replace(REQUEST, prompt=prompt, targets=read(prompt), steps=steps)


@pytest.mark.parametrize("step", [0, 50, 99])
def test_what_is_no_story_counts_the_same_in_every_step(step: int) -> None:
    assert weights(REQUEST, step).tolist() == [1]
    assert weights(story("a | b::3"), step).tolist() == [0.25, 0.75]
    assert weights(replace(REQUEST, without=("fog", "rain")), step).tolist() == pytest.approx([2 / 3, -1 / 6, -1 / 6])


def test_each_part_has_its_share_and_goes_over_into_the_next() -> None:
    request = story("a ^ b")
    assert [weights(request, step).tolist() for step in (0, 44, 55, 99)] == [[1, 0], [1, 0], [0, 1], [0, 1]]
    middle = torch.stack([weights(request, step) for step in range(45, 55)])
    assert torch.allclose(middle[:, 1], torch.arange(0.05, 1, 0.1))
    assert torch.allclose(middle.sum(1), torch.ones(10))


def test_what_belongs_to_no_part_counts_in_all_and_beside_each_alike() -> None:
    request = replace(story("a::4 ^ b | c"), without=("fog",))
    assert weights(request, 0).tolist() == pytest.approx([8 / 9, 0, 0, -1 / 9])
    assert weights(request, 99).tolist() == pytest.approx([0, 0.4, 0.4, -0.2])


@given(st.integers(1, 16), st.integers(1, 300), st.data())
def test_weights_add_up_and_each_part_counts_as_much(parts: int, per_part: int, data: st.DataObject) -> None:
    targets = tuple(Target(str(part), part=part) for part in range(parts))
    request = replace(REQUEST, targets=targets, steps=parts * per_part)
    step = data.draw(st.integers(0, request.steps - 1))
    now = weights(request, step)
    assert float(now.sum()) == pytest.approx(1)
    assert int((now > 0).sum()) <= 2
    assert float(now[step // per_part]) >= 0.5 - 1e-4
    in_the_middle = abs((step + 0.5) / per_part % 1 - 0.5) < 0.5 - FADE / 2 - 1e-4
    if in_the_middle:
        assert float(now[step // per_part]) == pytest.approx(1)
