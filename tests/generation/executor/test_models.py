"""Real worker processes with several models."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from structlog.testing import capture_logs

from config.settings.models import DEFAULT_MODEL, ModelsSettings, NamedModelSettings
from generation.dispatch.devices import UNUSABLE
from generation.dispatch.dispatcher import Dispatcher
from generation.events import Failed, Finished, RequestEvent
from generation.executor.local import LocalExecutor, weights_of
from generation.executor.protocol import Weights
from generation.metadata import read
from generation.request import ImagineRequest
from tests.conftest import save_tiny_models, tiny_vqgan

REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=4, member="somebody")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelsSettings:
    """Three models: the default, another with other weights, and one whose weights are cut off."""
    usual, faces = (save_tiny_models(tmp_path_factory.mktemp(name)) for name in ("usual", "faces"))
    torch.manual_seed(1)
    save_file(tiny_vqgan(levels=4).state_dict(), Path(faces.vqgan).with_suffix(".safetensors"))
    clip = Path(faces.clip)
    broken = clip.with_name("broken.pt")
    broken.write_bytes(clip.read_bytes()[:1000])
    more = {
        "faces": NamedModelSettings(vqgan=faces.vqgan, clip=faces.clip),
        "broken": NamedModelSettings(clip=str(broken)),
    }
    return usual.model_copy(update={"more": more})


@pytest.fixture
async def dispatcher(models: ModelsSettings) -> AsyncIterator[Dispatcher]:
    async with LocalExecutor(models, ["cpu"], preview_seconds=1000) as executor, asyncio.TaskGroup() as tasks:
        made = Dispatcher(executor, total=9, per_member=9)
        running = tasks.create_task(made.run())
        yield made
        running.cancel()


async def ends(dispatcher: Dispatcher, *requests: ImagineRequest) -> dict[str, RequestEvent]:
    """Submit requests and return how each ended."""
    for request in requests:
        await dispatcher.submit(request)
    ended: dict[str, RequestEvent] = {}
    async for update in dispatcher.updates():
        if isinstance(update.event, Finished | Failed):
            ended[update.record.request.id] = update.event
        if len(ended) == len(requests):
            break
    return ended


def pixels(event: RequestEvent) -> bytes:
    assert isinstance(event, Finished)
    return Image.open(io.BytesIO(event.png)).tobytes()


async def test_each_is_painted_by_its_model_and_a_broken_one_costs_only_its_own(
    models: ModelsSettings, dispatcher: Dispatcher
) -> None:
    names = {"a": DEFAULT_MODEL, "b": "faces", "c": "broken", "d": DEFAULT_MODEL, "e": "broken"}
    with capture_logs() as logs:
        ended = await ends(dispatcher, *(replace(REQUEST, id=key, model=name) for key, name in names.items()))
    assert ended["c"] == Failed("c", UNUSABLE.format("broken"))
    assert ended["e"] == Failed("e", UNUSABLE.format("broken"))
    assert pixels(ended["a"]) == pixels(ended["d"]) != pixels(ended["b"])
    (error,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (error["event"], error["model"]) == ("model cannot be used", "broken")
    assert "broken.pt" in error["reason"]
    finished = ended["b"]
    assert isinstance(finished, Finished)
    told = read(finished.png)
    assert told.request.model == "faces"
    (device,) = dispatcher.pool.devices
    assert device.loaded == {DEFAULT_MODEL, "faces"}
    assert device.offers["faces"].seconds > 0
    async with LocalExecutor(models, ["cpu"], 1000, first="faces") as executor, asyncio.TaskGroup() as tasks:
        alone = Dispatcher(executor, total=1, per_member=1)
        running = tasks.create_task(alone.run())
        again = (await ends(alone, replace(REQUEST, model="faces")))["a"]
        running.cancel()
    assert pixels(again) == pixels(finished), "as if it were the only one"


def test_the_first_is_first_and_what_is_not_said_is_as_the_default(models: ModelsSettings) -> None:
    weights = weights_of(models, "broken")
    assert next(iter(weights)) == "broken"
    assert weights["broken"] == Weights(models.vqgan, str(models.more["broken"].clip), "auto")
    config = models.model_copy(update={"vqgan_config": Path("a.yaml")})
    assert weights_of(config)["broken"].vqgan_config == Path("a.yaml")
    assert weights_of(config)["faces"].vqgan_config is None, "that is of another VQGAN"
