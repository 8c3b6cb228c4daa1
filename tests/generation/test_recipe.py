import pytest
from pydantic import ValidationError

from generation.recipe import Recipe, Stage


def test_without_a_section_it_is_the_published_loop() -> None:
    assert Recipe.from_config({}) == Recipe(32, "noise", (Stage("latent", 1.0, "adam", 0.1, 1.0, (1.0,), 0.0),))


def test_stages_are_read() -> None:
    section = {"cutouts": 8, "stages": [{"canvas": "pixels", "share": 0.5, "pyramid": [1, 0.5]}, {"share": 0.5}]}
    recipe = Recipe.from_config(section)
    assert recipe.stages == (Stage("pixels", 0.5, pyramid=(1, 0.5)), Stage("latent", 0.5))


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="cutuots"):
        Recipe.from_config({"cutuots": 8})


def test_the_picture_of_a_prior_stands_in_for_the_first_of_several_stages() -> None:
    recipe = Recipe(stages=(Stage(share=0.5), Stage(share=0.3), Stage(share=0.2)))
    assert recipe.first_stage(prior=False) == 0
    assert recipe.first_stage(prior=True) == 1
    assert recipe.last_step(1, 100, first=1) == 60
    assert recipe.last_step(2, 100, first=1) == 100
    assert Recipe().first_stage(prior=True) == 0


@pytest.mark.parametrize("steps", [1, 2, 3, 100])
def test_the_stages_share_all_steps(steps: int) -> None:
    recipe = Recipe(stages=(Stage(share=0.34), Stage(share=0.33), Stage(share=0.33)))
    ends = [recipe.last_step(stage, steps) for stage in range(3)]
    assert ends == sorted(ends)
    assert ends[-1] == steps
