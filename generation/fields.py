"""What may stand in a request, and in its targets and waypoints: kinds of texts and numbers, with their bounds."""

from typing import Annotated

from pydantic import ConfigDict, Field

from generation.options import MOST_SHIFT

SEED_LIMIT = 2**32
"""Seeds are integers in ``[0, SEED_LIMIT)``."""
MOST_STEPS = 1_000_000
MOST_TARGETS = 16
"""Texts in a prompt, and texts to keep away from."""
STRICT = ConfigDict(extra="forbid", strict=True)

Text = Annotated[str, Field(max_length=10_000)]
Name = Annotated[str, Field(max_length=100)]
VISIBLE = r"^[^\p{Cc}\p{Bidi_Control}]*$"
"""Without control characters, which can command a terminal or reorder a line."""
Digest = Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
Pixels = Annotated[int, Field(ge=1, le=65536)]
Pull = Annotated[float, Field(ge=0, le=1000)]
Seed = Annotated[int, Field(ge=0, lt=SEED_LIMIT)]
Weight = Annotated[float, Field(ge=-1000, le=1000)]
ClassName = Annotated[str, Field(min_length=1, max_length=200, pattern=VISIBLE)]
Share = Annotated[float, Field(gt=0, le=1)]
Classes = Annotated[tuple[tuple[ClassName, Share], ...], Field(max_length=MOST_TARGETS)]
Shift = Annotated[float, Field(ge=-MOST_SHIFT, le=MOST_SHIFT)]
