import json
from pathlib import Path

import numpy as np
import pytest

from training.dataset import Dataset
from training.drawings import draw
from training.drawings.glyphs import FONT


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without the font of some of the drawings there is nothing to learn from."""
    if not FONT.exists():
        for item in items:
            if "tests/training" in item.path.as_posix():
                item.add_marker(pytest.mark.skip(reason=f"{FONT} is not installed"))


@pytest.fixture(scope="session")
def drawings() -> Dataset:
    """Draw a few pictures, kept in memory."""
    drawn = [draw(f"test-{index // 4}", index % 4) for index in range(120)]
    return Dataset(
        np.stack([drawing.image for drawing in drawn]),
        [list(drawing.captions) for drawing in drawn],
        [list(drawing.wrong) for drawing in drawn],
        [drawing.subject for drawing in drawn],
    )


@pytest.fixture(scope="session")
def drawings_folder(drawings: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep the same pictures on disk."""
    folder = tmp_path_factory.mktemp("drawings")
    np.save(folder / "images.npy", drawings.images)
    words = {"captions": drawings.captions, "wrong": drawings.wrong, "subjects": drawings.subjects}
    (folder / "captions.json").write_text(json.dumps(words))
    return folder
