"""What all trainings have in common: a loop by the clock that can be broken off and resumed."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from training.budget import Budget, load_checkpoint, save_checkpoint
from training.sheet import write_curve

SAVE_EVERY = 180.0  # seconds
REPORT_EVERY = 100  # steps


class Training(ABC):
    """A training that can be broken off and resumed.

    Beside its checkpoint lie, as new as that, a curve of the losses and a sheet to be looked at.

    Args:
        checkpoint: file to resume from and save to; its name is that of what is trained.
        minutes: of training in all.
        device: to train on.
    """

    def __init__(self, checkpoint: Path, minutes: float, device: torch.device) -> None:
        self.checkpoint = checkpoint
        self.device = device
        self.step = 0
        self.curve: list[tuple[float, float]] = []
        """Minutes and mean losses so far."""
        self.budget = Budget(minutes)
        self._minutes = minutes
        self._saved = 0.0

    @abstractmethod
    def learn(self) -> float:
        """Take a step and return the loss."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return all of a checkpoint that is this training's own."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""

    @abstractmethod
    def show(self) -> Image.Image | None:
        """Return a sheet of what has been learnt so far."""

    @abstractmethod
    def tell(self, loss: float) -> str:
        """Return the figures of the last steps in words."""

    def resume(self) -> None:
        """Read the checkpoint, if there is one, and start the clock; the last thing that a constructor does."""
        state = load_checkpoint(self.checkpoint, self.device)
        if state:
            self.restore(state)
            self.step, self.curve = state["step"], state["curve"]
            torch.manual_seed(self.step)
        self._saved = float(state["spent"]) if state else 0.0
        self.budget = Budget(self._minutes, self._saved)

    def run(self, steps: int | None = None) -> list[float]:
        """Train until the time is up, or for so many steps; the losses are returned.

        Raises:
            SystemExit: somebody interrupted it; all that was learnt is saved.
        """
        losses: list[float] = []
        try:
            while self.budget.progress < 1 and (steps is None or len(losses) < steps):
                losses.append(self.learn())
                self.step += 1
                if self.step % REPORT_EVERY == 0:
                    self._report(losses[-REPORT_EVERY:])
                if self.budget.spent - self._saved > SAVE_EVERY:
                    self.save()
        except KeyboardInterrupt:
            self.save()
            raise SystemExit(f"{self.checkpoint.stem}: interrupted; the same command goes on from here") from None
        self.save()
        return losses

    def save(self) -> None:
        """Write the checkpoint, the curve and the sheet."""
        self._saved = self.budget.spent
        own = {"step": self.step, "spent": self.budget.spent, "curve": self.curve}
        save_checkpoint(self.checkpoint, self.state() | own)
        write_curve(self.curve, self.checkpoint.with_suffix(".png"))
        page = self.show()
        if page:
            page.save(self.checkpoint.with_name(f"{self.checkpoint.stem}-sheet.webp"), quality=90, method=6)

    def _report(self, losses: list[float]) -> None:
        minutes, mean = self.budget.spent / 60, sum(losses) / len(losses)
        self.curve.append((minutes, mean))
        print(f"{self.checkpoint.stem}: step {self.step}, {minutes:.1f} min, {self.tell(mean)}", flush=True)
