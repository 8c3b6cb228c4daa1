"""How much is taken in, and the most that servers may allow."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from config.settings.section import Count, Section


class QueueSettings(Section):
    """How many requests are accepted."""

    total: Count = Field(default=100, description="Requests waiting or being painted, of all members together")
    per_member: Count = Field(default=3, description="Requests waiting or being painted, of one member")
    per_server: Count | None = Field(
        default=None, description="Requests waiting or being painted, of one server; `queue.total` when none is set"
    )

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        self.must_not_exceed("per_member", "total")
        if self.per_server is not None:
            self.must_not_exceed("per_server", "total")
        return self


class LimitsSettings(Section):
    """The most that a server may allow; it holds where moderators have set nothing."""

    cooldown_seconds: float = Field(
        default=0.0,
        description="Seconds between two requests of a member in a server, at least",
        strict=True,
        ge=0,
        le=86400,
        allow_inf_nan=False,
    )
    pictures_per_day: Count | None = Field(
        default=None, description="Pictures of a member in a server within 24 hours; any number when none is set"
    )
    cost_per_day: float | None = Field(
        default=None,
        description="Work of a member in a server within 24 hours, at least 0.1, where 1 is a picture of usual size "
        "and steps; any when none is set",
        strict=True,
        ge=0.1,
        allow_inf_nan=False,
    )
    repeat: Count = Field(default=3, description="Pictures that one command may ask for")
    videos: bool = Field(default=True, description="Whether members may ask for videos")
    attachments: bool = Field(default=True, description="Whether members may give pictures")
    adult: bool = Field(
        default=True, description="Whether age-restricted channels may have pictures with `limits.adult_words`"
    )
    adult_words: tuple[str, ...] = Field(
        default=(),
        description="Words that are refused outside of age-restricted channels, as `.words add` takes them",
    )
    forbidden_words: tuple[str, ...] = Field(
        default=(), description="Words that are refused everywhere, as `.words add` takes them"
    )

    @field_validator("adult_words", "forbidden_words", mode="before")
    @classmethod
    def _words_are_a_list(cls, words: object) -> object:
        return tuple(word.strip() for word in words.split(",")) if isinstance(words, str) else words
