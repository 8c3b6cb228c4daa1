"""Language models for stories and suggestions."""

from pydantic import Field

from config.settings.section import Count, Section


class TextsSettings(Section):
    """Language models for stories and suggestions, where the ways without any are not enough."""

    summariser: str | None = Field(
        default=None,
        description="What abridges texts: a folder with a model from sequence to sequence, or its name on Hugging Face "
        "where it was downloaded, such as `facebook/bart-large-cnn`; the texts' own sentences when none is named",
        min_length=1,
        max_length=1000,
    )
    author: str | None = Field(
        default=None,
        description="What makes up prompts, likewise: a causal language model, such as `gpt2`; lists of Easel's own "
        "when none is named",
        min_length=1,
        max_length=1000,
    )
    seconds: float = Field(
        default=120.0,
        description="Seconds within which a model has to answer, with those that it takes to load it",
        strict=True,
        gt=0,
        le=600,
        allow_inf_nan=False,
    )
    megabytes: Count = Field(
        default=4000, le=1_000_000, description="Megabytes of memory that the process of these models may take"
    )
