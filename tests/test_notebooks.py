"""The notebooks run from top to bottom, with few steps, and are committed without what they printed."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbstripout import strip_output

from config.settings.models import ModelsSettings

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
ROOT = Path(__file__).parents[1]


def read(path: Path) -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    return notebook


def test_there_are_four() -> None:
    assert [path.name[0] for path in NOTEBOOKS] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, tmp_path: Path, tiny_models: ModelsSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first two with the pocket models, and those that paint most with tiny ones and the pocket BigGAN."""
    monkeypatch.setenv("QUICK", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("EASEL_EXECUTOR__DEVICES", "cpu")
    if path.name[0] in "34":
        monkeypatch.setenv("EASEL_MODELS__VQGAN", tiny_models.vqgan)
        monkeypatch.setenv("EASEL_MODELS__CLIP", tiny_models.clip)
    notebook = read(path)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    last = [output for cell in notebook.cells for output in cell.get("outputs", [])][-1]
    assert {"image/png", "text/html", "text/plain"} & last.data.keys()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_without_outputs(path: Path) -> None:
    notebook = read(path)
    assert strip_output(read(path), keep_output=False, keep_count=False, keep_id=False) == notebook
    assert not any(cell.get("outputs") for cell in notebook.cells)
