"""The examples of ``docs/python.md`` run, with fewer steps and tiny models."""

import re
from pathlib import Path

import pytest

from config.settings.models import ModelsSettings
from easel.session import close

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text("utf-8")
EXAMPLES = re.findall(r"<!-- run by .+? -->\n```python\n(.+?)```", PAGE, re.DOTALL)


def test_the_examples_run(
    tmp_path: Path, tiny_models: ModelsSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EASEL_EXECUTOR__DEVICES", "cpu")
    monkeypatch.setenv("EASEL_MODELS__VQGAN", tiny_models.vqgan)
    monkeypatch.setenv("EASEL_MODELS__CLIP", tiny_models.clip)
    names: dict[str, object] = {}
    try:
        for example in EXAMPLES:
            few = re.sub(r"steps=\d+", "steps=2", example.replace("{30: ", "{1: "))
            exec(compile(few, "docs/python.md", "exec"), names)  # noqa: S102
    finally:
        close()
    assert {path.name for path in tmp_path.iterdir()} >= {"pyramid.png", "lighthouse.mp4"}
    assert "2 of 2 after " in capsys.readouterr().out


def test_all_examples_but_that_of_official_models_are_run() -> None:
    assert PAGE.count("```python") == len(EXAMPLES) + 1
