"""What is written of what happens."""

from typing import Literal

from pydantic import Field

from config.settings.section import Count, Section


class LogSettings(Section):
    """What is written to standard error, and kept for ``easel logs``."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severe messages to write: `debug`, `info`, `warning` or `error`"
    )
    format: Literal["auto", "text", "json"] = Field(
        default="auto",
        description="How `easel run` writes them to standard error: `text`, `json`, one object a line, or `auto`: "
        "`text` on a terminal, else `json`",
    )
    megabytes: Count | None = Field(
        default=50,
        description="How much of the log is kept in `logs` in `data_dir` for `easel logs`; nothing when none is set",
    )
