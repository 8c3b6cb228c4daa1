"""What can be set, and what it is when nobody sets it."""

from pathlib import Path
from typing import Self

import platformdirs
from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from config.settings.discord import DiscordSettings, ShardSettings
from config.settings.executor import ExecutorSettings
from config.settings.limits import LimitsSettings, QueueSettings
from config.settings.log import LogSettings
from config.settings.models import ModelsSettings
from config.settings.painting import PaintingSettings
from config.settings.section import Section
from config.settings.serving import AdminSettings, MetricsSettings
from config.settings.store import KeepSettings, StoreSettings
from config.settings.texts import TextsSettings


def _user_data_dir() -> Path:
    try:
        return platformdirs.user_data_path("easel", appauthor=False)
    except RuntimeError:
        return Path("~")


class Settings(Section):
    """Everything that can be set."""

    data_dir: Path = Field(default_factory=_user_data_dir, description="Where the bot keeps what it must not lose")
    discord: DiscordSettings = DiscordSettings()
    shards: ShardSettings = ShardSettings()
    queue: QueueSettings = QueueSettings()
    limits: LimitsSettings = LimitsSettings()
    painting: PaintingSettings = PaintingSettings()
    models: ModelsSettings = ModelsSettings()
    executor: ExecutorSettings = ExecutorSettings()
    store: StoreSettings = StoreSettings()
    keep: KeepSettings = KeepSettings()
    log: LogSettings = LogSettings()
    texts: TextsSettings = TextsSettings()
    metrics: MetricsSettings = MetricsSettings()
    admin: AdminSettings = AdminSettings()

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        both = self.admin, self.metrics
        if self.admin.port is not None and len({(each.host, each.port) for each in both}) == 1:
            raise PydanticCustomError("pair", "must not be", {"first": "admin.port", "second": "metrics.port"})
        return self

    @field_validator("data_dir", mode="before")
    @classmethod
    def _data_dir_has_a_default(cls, data_dir: object) -> object:
        """Expand ``~``; where there is no home it stays, to be refused by whoever needs the folder."""
        if data_dir is None:
            return _user_data_dir()
        try:
            return Path(data_dir).expanduser() if isinstance(data_dir, str) and data_dir else data_dir
        except RuntimeError:
            return data_dir
