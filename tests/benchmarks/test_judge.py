from pathlib import Path

import numpy as np
import pytest

from benchmarks.judge import AMONG, Judge, Prompt, parse
from benchmarks.pictures import prompts
from config.settings.models import ModelsSettings


def test_others_differ_in_the_thing_alone() -> None:
    prompt = parse("a shiny red [apple]")
    assert prompt.text == "a shiny red apple"
    assert len(set(prompt.others)) == AMONG - 1
    assert all(other.startswith("a shiny red ") for other in prompt.others)
    assert prompt.text not in prompt.others


def test_others_are_good_english() -> None:
    assert "an apple in the snow" in {other for line in "abcdefgh" for other in parse(f"a [{line}] in the snow").others}
    assert all(other.endswith("s") for other in parse("two [ducks]").others)


@pytest.mark.parametrize("prompt", prompts(), ids=lambda prompt: prompt.text)
def test_each_of_the_sixty_has_others(prompt: Prompt) -> None:
    others = prompt.others
    assert len(set(others)) == AMONG - 1
    assert prompt.text not in others


def test_a_prompt_without_marks_has_no_others() -> None:
    assert parse("a red apple").others == ()


def test_places_are_counted_from_the_best(tiny_models: ModelsSettings) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    words = ("an apple", "a house at night", "two cats")
    prompts = [Prompt(word, tuple(other for other in words if other != word)) for word in words]
    assert sorted(Judge(Path(tiny_models.clip)).places([picture] * 3, prompts)) == [1, 2, 3]
