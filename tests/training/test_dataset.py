from pathlib import Path

import numpy as np

from training import dataset
from training.drawings import draw


def test_make_draws_each_from_its_own_seed_and_only_once(tmp_path: Path) -> None:
    dataset.make(tmp_path / "drawings", 70, "few", processes=2)
    made = dataset.load(tmp_path / "drawings")
    assert len(made) == 70
    expected = draw("few-17", 1)
    assert np.array_equal(made.images[69], expected.image)
    assert made.captions[69] == list(expected.captions)
    assert made.wrong[69] == list(expected.wrong)
    assert made.subjects[69] == expected.subject
    batch = made.batch([69, 0])
    assert batch.shape == (2, 3, 128, 128)
    assert np.allclose(batch[0].permute(1, 2, 0).numpy() * 255, expected.image)

    before = (tmp_path / "drawings" / "images.npy").stat()
    dataset.make(tmp_path / "drawings", 70, "few")
    assert (tmp_path / "drawings" / "images.npy").stat().st_mtime_ns == before.st_mtime_ns
