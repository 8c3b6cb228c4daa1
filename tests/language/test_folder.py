"""Where a language model lies."""

from pathlib import Path

import pytest

from language.errors import LanguageError
from language.folder import folder_of


def test_a_model_is_found_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(LanguageError, match="hf download some/thing"):
        folder_of("some/thing")
    snapshot = tmp_path / "models--some--thing" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}", "utf-8")
    refs = tmp_path / "models--some--thing" / "refs"
    refs.mkdir()
    (refs / "main").write_text("abc", "utf-8")
    assert folder_of("some/thing") == snapshot
