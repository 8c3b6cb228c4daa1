import numpy as np
import pytest

from training.dataset import Dataset
from training.drawings import draw


@pytest.fixture(scope="session")
def drawings() -> Dataset:
    """Draw a few pictures, kept in memory."""
    drawn = [draw(f"test-{index}") for index in range(120)]
    return Dataset(
        np.stack([drawing.image for drawing in drawn]),
        [list(drawing.captions) for drawing in drawn],
        [drawing.subject for drawing in drawn],
    )
