import pytest
from omegaconf import OmegaConf

from generation.recipe import Recipe
from training.__main__ import WEIGHTS
from training.recipe import pocket, recipe


def test_the_shipped_weights_carry_this_recipe() -> None:
    shipped = OmegaConf.to_container(OmegaConf.load(WEIGHTS / "vqgan.yaml"))
    assert isinstance(shipped, dict)
    assert shipped["recipe"] == recipe()
    assert shipped["pocket"] == pocket()


def test_it_is_a_recipe_whose_stages_share_all_steps() -> None:
    stages = Recipe.from_config(recipe()).stages
    assert sum(stage.share for stage in stages) == pytest.approx(1)
    assert [stage.canvas for stage in stages] == ["pixels", "pixels", "latent"]
    assert stages[1].learning_rate < stages[0].learning_rate
