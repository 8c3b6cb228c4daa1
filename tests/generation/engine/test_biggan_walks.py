"""Walks between the latents of a BigGAN."""

from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor

from generation.canvas import resized
from generation.canvas.biggan import BigGANCanvas
from generation.engine.engine import Engine
from generation.engine.walks import Walks
from generation.errors import RequestError
from generation.request import LATENT, PNG, ImagineRequest
from generation.waypoint import Waypoint
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
    # Several frames that are decoded together are rounded otherwise than one: by 0.005 at most, seen with one thread.
    assert torch.allclose(film[0], pictures[0], atol=0.01)
    assert torch.allclose(film[-1], pictures[1], atol=0.01)
    assert not torch.allclose(film[3], film[0], atol=0.02)
    assert not torch.allclose(film[-1], film[0], atol=0.1)


def test_it_passes_classes_that_are_drawn_and_not_painted(engine: Engine) -> None:
    owl, frog = Waypoint(classes=(("owl", 1.0),)), Waypoint(seed=2, classes=(("frog", 0.6), ("car", 0.4)))
    walk = replace(WALK, waypoints=(owl, frog, Waypoint("a red apple")), loop=True)
    film = frames(Walks(engine), walk)[walk.painting_steps :]
    assert walk.painting_steps == REQUEST.steps
    canvas = engine.equipment.walkable(walk)
    assert isinstance(canvas, BigGANCanvas)
    for place, classes, seed in ((0, owl.classes, 1), (5, frog.classes, 2)):
        request = replace(REQUEST, classes=classes, seed=seed)
        init = canvas.begin(request, *canvas.painted_shape(walk.shape), Generator().manual_seed(seed))
        parameters, constants = ([each[None] for each in tensors] for tensors in (init.parameters, init.constants))
        drawn = resized(canvas.render(parameters, constants)[0], walk.shape)
        assert torch.allclose(film[place], drawn.clamp(0, 1), atol=1e-4)
    assert not torch.allclose(film[0], film[5], atol=1e-3)


def test_it_goes_on_with_the_classes_behind_a_finished_picture(engine: Engine) -> None:
    owl = Waypoint(classes=(("owl", 1.0),))
    request = replace(WALK, waypoints=(Waypoint("a red apple"), owl, Waypoint("a red apple", seed=2)))
    walks = Walks(engine)
    whole = frames(walks, request)
    walks.add_request(request)
    for _ in range(REQUEST.steps + 1):
        walks.step()
    copy = walks.suspend_request(request.id)
    assert copy is not None
    assert copy.step == REQUEST.steps
    film = frames(walks, request, copy.to_bytes())
    assert torch.allclose(torch.stack(film), torch.stack(whole[copy.step :]), atol=1e-4)


def test_a_class_that_there_is_not_is_refused_in_a_sentence(engine: Engine) -> None:
    walks = Walks(engine)
    walk = replace(WALK, waypoints=(Waypoint(classes=(("owls", 1.0),)), Waypoint("a red apple")))
    with pytest.raises(RequestError, match="no class 'owls'; there is for example owl"):
        walks.add_request(walk)
    with pytest.raises(RequestError, match="Classes and truncation are a BigGAN's"):
        walks.add_request(replace(walk, canvas="siren", classes=()))
    assert len(walks) == 0


def frames(walks: Walks, request: ImagineRequest, checkpoint: bytes | None = None) -> list[Tensor]:
    walks.add_request(request, checkpoint)
    found = []
    while len(walks):
        (state,) = walks.step()
        assert state.fault is None, state.fault
        assert state.picture is not None
        found.append(state.picture.clone())
    return found


def test_it_knows_no_latent_of_a_picture(engine: Engine) -> None:
    digest = "1" * 64
    given = replace(WALK, waypoints=(Waypoint(picture=digest), Waypoint("a red apple")))
    with pytest.raises(RequestError, match="cannot begin from a picture"):
        Walks(engine).add_request(given, pictures={digest: torch.zeros(3, 64, 96)})
