"""What an examination says."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]
"""``warning`` where the bot runs and somebody should look, ``error`` where it does not run."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What there is to say of one thing.

    Args:
        name: of the thing.
        level: how it is.
        text: what was found.
        advice: what to do; ``""`` where there is nothing.
    """

    name: str
    level: Level
    text: str
    advice: str = ""

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        said = f"{self.text.removesuffix('.')}: {self.advice}" if self.advice else self.text
        return " ".join(said.split())
