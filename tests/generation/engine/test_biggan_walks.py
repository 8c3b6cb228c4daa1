"""Walks between the latents of a BigGAN."""

from dataclasses import replace

import pytest
import torch

from generation.engine.engine import Engine
from generation.engine.walks import Walks
from generation.errors import RequestError
from generation.request import LATENT, PNG, Waypoint
from tests.generation.engine.test_biggan import REQUEST, engine, models

__all__ = ["engine", "models"]

WALK = replace(
    REQUEST,
    outputs=(PNG, "mp4"),
    waypoints=(Waypoint("a red apple"), Waypoint("a red apple", seed=2)),
    classes=(("apple", 1.0),),
    between=4,
    hold=1,
)


def test_it_paints_its_pictures_and_passes_them(engine: Engine) -> None:
    walks = Walks(engine)
    pictures = []
    for seed in (1, 2):
        state = walks.add_request(replace(WALK, seed=seed, waypoints=(), outputs=(PNG, LATENT)))
        while len(walks):
            walks.step()
        assert state.picture is not None
        pictures.append(state.picture.clone())
    walk, film = walks.add_request(WALK), []
    while len(walks):
        (each,) = walks.step()
        assert each.fault is None, each.fault
        assert each.picture is not None
        film.append(each.picture.clone())
    assert walk.done
    film = film[WALK.painting_steps :]
    assert len(film) == WALK.frames == 7
    assert torch.allclose(film[0], pictures[0], atol=1e-4)
    assert torch.allclose(film[-1], pictures[1], atol=1e-4)
    assert not torch.allclose(film[3], film[0], atol=1e-3)


def test_it_knows_no_latent_of_a_picture(engine: Engine) -> None:
    digest = "1" * 64
    given = replace(WALK, waypoints=(Waypoint(picture=digest), Waypoint("a red apple")))
    with pytest.raises(RequestError, match="cannot begin from a picture"):
        Walks(engine).add_request(given, pictures={digest: torch.zeros(3, 64, 96)})
