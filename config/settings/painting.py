"""What is painted when nothing else is asked for, and the most that may be."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from config.settings.section import Count, Section

MIN_SIDE = 64
"""The least pixels across or down."""
MAX_SIDE = 16_384
"""The most that can be set."""
MAX_STEPS = 1_000_000
"""The most that can be set, and that a request can have."""
SIDE_MULTIPLE = 16
"""Sides are multiples of it: a latent cell of the coarsest VQGAN is as wide."""
SIDE = f"a multiple of {SIDE_MULTIPLE}, from {MIN_SIDE} to {MAX_SIDE}"
Side = Annotated[int, Field(strict=True, ge=MIN_SIDE, le=MAX_SIDE, multiple_of=SIDE_MULTIPLE)]


class PaintingSettings(Section):
    """What is painted when a member asks for nothing else, and the most that a member may ask for."""

    width: Side = Field(default=128, description=f"Pixels across when none are asked for: {SIDE}")
    height: Side = Field(default=128, description=f"Pixels down when none are asked for: {SIDE}")
    steps: Count = Field(default=250, description="Steps when none are asked for")
    max_side: Side = Field(default=512, description=f"The most pixels across or down to ask for: {SIDE}")
    max_steps: Count = Field(default=500, le=MAX_STEPS, description="The most steps to ask for")
    max_prompt_length: Count = Field(default=1000, description="The longest prompt, in characters")
    preview_seconds: float = Field(
        default=3.0,
        description="Seconds from one preview to the next, more than 0",
        strict=True,
        gt=0,
        allow_inf_nan=False,
    )

    @model_validator(mode="after")
    def _defaults_are_allowed(self) -> Self:
        self.must_not_exceed("width", "max_side")
        self.must_not_exceed("height", "max_side")
        self.must_not_exceed("steps", "max_steps")
        return self
