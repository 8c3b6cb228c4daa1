from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from generation.options import OPTIMISERS, PRESETS, Quality
from generation.recipe import Recipe, Stage, last_step
from generation.request import ImagineRequest

REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=100)
FIRST = Stage("pixels", 0.5, "normalised", 0.3, 0.2, (1.0, 0.5), 2.0)
SECOND = Stage("pixels", 0.3, "normalised", 0.02, 0.3, (1.0, 0.5), 0.1)
THIRD = Stage("latent", 0.2, "adam", 0.01, 1.0, (1.0,), 0.1)
RECIPE = Recipe(8, "grey", (FIRST, SECOND, THIRD))


def stages(*, prior: bool = False, **fields: Any) -> tuple[Stage, ...]:
    return RECIPE.stages_for(replace(REQUEST, **fields), prior=prior)


def test_without_a_section_it_is_the_published_loop() -> None:
    assert Recipe.from_config({}) == Recipe(32, "noise", (Stage("latent", 1.0, "adam", 0.1, 1.0, (1.0,), 0.0),))


def test_stages_are_read() -> None:
    section = {
        "cutouts": 8,
        "stages": [
            {"canvas": "pixels", "share": 0.5, "pyramid": [1, 0.5]},
            {"share": 0.5, "ema": 0.9, "cutouts": 16, "cut_method": "pooled", "augmentations": ["flip"], "scale": 0.5},
        ],
    }
    recipe = Recipe.from_config(section)
    second = Stage("latent", 0.5, ema=0.9, cutouts=16, cut_method="pooled", augmentations=("flip",), scale=0.5)
    assert recipe.stages == (Stage("pixels", 0.5, pyramid=(1, 0.5)), second)


def test_only_from_coarse_to_fine_and_behind_the_second_stage_a_picture_may_pass_without_steps() -> None:
    passing = Recipe.from_config({"coarse_to_fine": [{"share": 0.9}, {"share": 0.1}, {"share": 0}]})
    assert passing.coarse_to_fine is not None
    assert [stage.share for stage in passing.coarse_to_fine] == [0.9, 0.1, 0]
    for section in (
        {"stages": [{"share": 0.5}, {"share": 0.5}, {"share": 0}]},
        {"coarse_to_fine": [{"share": 1}, {"share": 0}]},
        {"painters": {"siren": [{"share": 1}, {"share": 0}]}},
    ):
        with pytest.raises(ValidationError, match="no share of 0"):
            Recipe.from_config(section)


@pytest.mark.parametrize(("size", "sides"), [((128, 192), [64, None]), ((256, 256), [64, 128, None])])
def test_a_picture_passes_a_latent_of_one_size_once(size: tuple[int, int], sides: list[int | None]) -> None:
    pixels, latent = Stage("pixels", side=64), Stage(share=0)
    recipe = Recipe(8, coarse_to_fine=(pixels, replace(latent, side=128), latent))
    chosen = recipe.stages_for(replace(REQUEST, width=size[0], height=size[1]), prior=False)
    assert [stage.side for stage in chosen] == sides


@pytest.mark.parametrize("strength", [0.1, 0.5, 1.0])
def test_of_any_strength_a_picture_passes_what_has_no_steps(strength: float) -> None:
    recipe = Recipe(8, coarse_to_fine=(Stage("pixels", 0.6), Stage("pixels", 0.4), Stage(share=0)))
    asked = replace(REQUEST, strength=strength)
    chosen, usual = (recipe.stages_for(each, prior=False) for each in (asked, REQUEST))
    assert chosen[-1] == usual[-1]
    assert sum(stage.share for stage in chosen) == pytest.approx(strength)
    painted = Recipe(8, coarse_to_fine=(Stage("pixels", 0.6), Stage("pixels", 0.4)))
    passing = asked.cost(course=recipe.course()) - asked.cost(course=painted.course())
    assert passing == pytest.approx(2 / 3 * 64 * 64, abs=1)


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="cutuots"):
        Recipe.from_config({"cutuots": 8})


def test_a_request_that_asks_for_nothing_has_the_stages_of_the_recipe() -> None:
    assert stages() == tuple(replace(stage, cutouts=8) for stage in RECIPE.stages)


def test_the_picture_of_a_prior_stands_in_for_the_first_of_several_stages() -> None:
    assert [stage.learning_rate for stage in stages(prior=True)] == [0.02, 0.01]
    assert last_step(stages(prior=True), 0, 100) == 60
    assert last_step(stages(prior=True), 1, 100) == 100
    assert len(Recipe().stages_for(REQUEST, prior=True)) == 1


@pytest.mark.parametrize("steps", [1, 2, 3, 100])
def test_the_stages_share_all_steps(steps: int) -> None:
    shares = (Stage(share=0.34), Stage(share=0.33), Stage(share=0.33))
    ends = [last_step(shares, stage, steps) for stage in range(3)]
    assert ends == sorted(ends)
    assert ends[-1] == steps


def test_an_optimiser_comes_with_a_rate_at_which_it_goes_about_as_far() -> None:
    chosen = stages(optimiser="adagrad")
    assert {stage.optimiser for stage in chosen} == {"adagrad"}
    pace = OPTIMISERS["adagrad"]
    expected = [0.3 / OPTIMISERS["normalised"] * pace, 0.02 / OPTIMISERS["normalised"] * pace, 0.01 * pace]
    assert [stage.learning_rate for stage in chosen] == pytest.approx(expected)


def test_a_rate_is_that_of_the_last_stage_and_the_others_change_in_proportion() -> None:
    assert [stage.learning_rate for stage in stages(rate=0.02)] == pytest.approx([0.6, 0.04, 0.02])
    chosen = stages(rate=0.5, optimiser="adagrad")
    assert chosen[-1].learning_rate == pytest.approx(0.5)


def test_what_is_asked_for_is_in_every_stage() -> None:
    fields: dict[str, Any] = {
        "final_rate": 0.0,
        "smooth": 0.7,
        "ema": 0.9,
        "cutouts": 5,
        "cuts": "crops",
        "cut_power": 2.0,
    }
    for stage in stages(augment=("flip",), **fields):
        assert (stage.final_learning_rate, stage.total_variation, stage.ema) == (0.0, 0.7, 0.9)
        assert (stage.cutouts, stage.cut_method, stage.cut_power) == (5, "crops", 2.0)
        assert stage.augmentations == ("flip",)


def sizes(chosen: tuple[Stage, ...]) -> list[tuple[str, float, float]]:
    return [(stage.canvas, round(stage.share, 3), stage.scale) for stage in chosen]


def test_what_grows_begins_at_half_the_size_for_a_share_of_the_steps() -> None:
    assert sizes(stages(grow=0.6)) == [
        ("pixels", 0.5, 0.5),
        ("pixels", 0.1, 0.5),
        ("pixels", 0.2, 1.0),
        ("latent", 0.2, 1.0),
    ]
    assert sizes(stages(grow=0.5)) == [("pixels", 0.5, 0.5), ("pixels", 0.3, 1.0), ("latent", 0.2, 1.0)]
    assert sizes(stages(grow=0.8)) == [("pixels", 0.5, 0.5), ("pixels", 0.3, 0.5), ("latent", 0.2, 1.0)]
    assert sizes(stages(grow=0.5, prior=True)) == [
        ("pixels", 0.25, 0.5),
        ("pixels", 0.05, 1.0),
        ("latent", 0.2, 1.0),
    ]


@pytest.mark.parametrize("quality", PRESETS)
def test_a_quality_stands_for_what_is_not_asked_for(quality: Quality) -> None:
    preset = PRESETS[quality]
    chosen = stages(quality=quality)
    assert {stage.cutouts for stage in chosen} == {round(8 * preset.cutouts)}
    assert any(stage.scale < 1 for stage in chosen) == (preset.grow > 0)
    own = stages(quality=quality, cutouts=3, grow=0.0, ema=0.5)
    assert {(stage.cutouts, stage.scale, stage.ema) for stage in own} == {(3, 1.0, 0.5)}


def test_a_strength_is_the_end_of_the_course() -> None:
    assert stages(strength=1.0) == stages()
    assert stages(strength=0.5) == stages()[1:]
    first, second, third = stages(strength=0.75)
    assert (first.share, second, third) == (pytest.approx(0.25), *stages()[1:])
    assert first.learning_rate == pytest.approx(0.3 * 0.6), "half way down the cosine"
    assert first.learning_rate * first.final_learning_rate == pytest.approx(0.3 * 0.2)
    (last,) = stages(strength=0.1)
    assert (last.canvas, last.learning_rate) == ("latent", 0.01)


def test_a_strength_of_an_only_stage_is_a_share_of_its_rate() -> None:
    (stage,) = Recipe().stages_for(replace(REQUEST, strength=0.3), prior=False)
    assert stage.learning_rate == pytest.approx(0.03)
    (stage,) = Recipe().stages_for(replace(REQUEST, strength=0.3, rate=0.2), prior=False)
    assert stage.learning_rate == pytest.approx(0.2), "what is asked for holds"
