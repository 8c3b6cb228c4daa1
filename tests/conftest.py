"""Tiny real networks in the official formats, for every test that paints, and a server of databases."""

import contextlib
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import hypothesis
import pytest
import structlog
import torch
from omegaconf import OmegaConf
from safetensors.torch import save_file

from config.settings.models import ModelsSettings
from generation.models.upstream import clip_model
from generation.models.vqgan import VQGAN
from tests import postgresql

# Networks this small gain nothing from more, and tests run side by side.
torch.set_num_threads(1)

# A shell has what it runs in the background ignore this signal, and so would all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("any-machine", deadline=None)
hypothesis.settings.load_profile("any-machine")


class Failures:
    """Shows each failure at once: a run that is ended from outside has no summary.

    Args:
        terminal: on which it is shown.
    """

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Show a failure."""
        if report.failed:
            self._terminal.ensure_newline()
            self._terminal.line(f"{report.nodeid}, {report.when}:", red=True)
            self._terminal.line(report.longreprtext)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Show failures at once where there is a terminal, which the processes beside the first one do not have."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        config.pluginmanager.register(Failures(terminal))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what runs on a GPU where there is none."""
    if torch.cuda.is_available():
        return
    needs = [item for item in items if item.get_closest_marker("cuda")]
    if needs:
        config.hook.pytest_deselected(items=needs)
        items[:] = [item for item in items if item not in needs]


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Undo what a command that ran in this process did to the log: it writes to a stream that is closed by then."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


TINY_DDCONFIG = {
    "ch": 32,
    "out_ch": 3,
    "ch_mult": [1, 1, 1, 1],
    "num_res_blocks": 0,
    "attn_resolutions": [],
    "in_channels": 3,
    "resolution": 32,
    "z_channels": 16,
    "double_z": False,
}
TINY_VQGAN = {"embed_dim": 8, "n_embed": 16, "ddconfig": TINY_DDCONFIG}


def tiny_vqgan(levels: int) -> VQGAN:
    """Return a VQGAN with random weights; with so many levels a code is ``2^(levels - 1)`` pixels wide."""
    return VQGAN({**TINY_DDCONFIG, "ch_mult": [1] * levels}, 16, 8)


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Be somebody for whom permissions count, also where the tests run as root."""
    user = os.geteuid()
    os.seteuid(user or 65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> ModelsSettings:
    """Models with random weights that paint a step in milliseconds."""
    return save_tiny_models(tmp_path_factory.mktemp("models"))


def save_tiny_models(folder: Path) -> ModelsSettings:
    """Write models with random weights, the same every time, and return the settings that name them."""
    torch.manual_seed(0)
    save_file(tiny_vqgan(levels=4).state_dict(), folder / "vqgan.safetensors")
    config = {
        "model": {"target": "taming.models.vqgan.VQModel", "params": TINY_VQGAN},
        "recipe": {"cutouts": 4},
    }
    OmegaConf.save(OmegaConf.create(config), folder / "vqgan.yaml")
    clip = clip_model.CLIP(32, 32, (1, 1, 1, 1), 8, None, 77, 49408, 64, 1, 1)
    torch.save(clip.state_dict(), folder / "clip.pt")
    return ModelsSettings(vqgan=str(folder / "vqgan.yaml"), clip=str(folder / "clip.pt"), precision="auto")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    """Run PostgreSQL, for all tests together."""
    with postgresql.running() as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql_server: postgresql.Server) -> str:
    """Give the URL of an empty database on a server."""
    return postgresql_server.new_schema()
