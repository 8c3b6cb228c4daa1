"""All settings together."""

from pathlib import Path

from config.layers import FIELDS
from tests.config.conftest import refusal, settings


def test_defaults_alone_are_enough() -> None:
    chosen = settings()
    assert (chosen.painting.width, chosen.painting.height, chosen.painting.steps) == (128, 128, 250)
    assert (chosen.queue.total, chosen.queue.per_member) == (100, 3)
    assert chosen.discord.token is None
    assert chosen.data_dir.is_absolute()
    assert chosen.data_dir.name == "easel"


def test_home_is_expanded_and_slashes_are_trimmed() -> None:
    chosen = settings(None, "data_dir=~/easel", "discord.api_base=http://127.0.0.1:8000/api/v10/")
    assert chosen.data_dir == Path.home() / "easel"
    assert chosen.discord.api_base == "http://127.0.0.1:8000/api/v10"


def test_two_servers_at_one_port() -> None:
    assert refusal(None, "admin.port=9464", "metrics.port=9464") == (
        "admin.port (command line) must not be metrics.port (command line)"
    )
    chosen = settings(None, "admin.port=9464", "metrics.port=9464", "metrics.host=10.0.0.1")
    assert chosen.admin.port == chosen.metrics.port
    assert settings(None).admin.port is None


def test_every_field_is_described() -> None:
    assert all(field.description for field in FIELDS.values())
