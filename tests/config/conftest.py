"""Settings as they are loaded in a folder that has nothing else."""

from pathlib import Path

import pytest

from config.layers import ConfigError, load
from config.settings import Settings

SECRET = "MTIz.s3cret-Token_42"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings(text: str | None = None, *arguments: str, **environment: str) -> Settings:
    """Load with ``text`` in ``easel.yaml``."""
    if text is not None:
        Path("easel.yaml").write_text(text, encoding="utf-8")
    return load(arguments=arguments, environment=environment)


def refusal(text: str | None = None, *arguments: str, **environment: str) -> str:
    with pytest.raises(ConfigError) as raised:
        settings(text, *arguments, **environment)
    message = str(raised.value)
    assert "\n" not in message
    return message
