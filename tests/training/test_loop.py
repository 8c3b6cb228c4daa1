from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from training.loop import Training


class Counting(Training):
    """Learns to count, and is interrupted at three."""

    def __init__(self, checkpoint: Path) -> None:
        super().__init__(checkpoint, 60, torch.device("cpu"))
        self.count = 0
        self.resume()

    def learn(self) -> float:
        if self.count == 3:
            raise KeyboardInterrupt
        self.count += 1
        return float(self.count)

    def state(self) -> dict[str, Any]:
        return {"count": self.count}

    def restore(self, state: dict[str, Any]) -> None:
        self.count = state["count"]

    def show(self) -> Image.Image | None:
        return None

    def tell(self, loss: float) -> str:
        return str(loss)


def test_what_is_interrupted_is_saved(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="count: interrupted; the same command goes on"):
        Counting(tmp_path / "count.pt").run()
    again = Counting(tmp_path / "count.pt")
    assert (again.count, again.step) == (3, 3)
