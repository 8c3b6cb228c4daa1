"""What is kept from one start to the next, and how long files stay."""

from pydantic import Field, SecretStr

from config.settings.section import Count, Section


class StoreSettings(Section):
    """What is kept from one start to the next."""

    url: SecretStr | None = Field(
        default=None,
        description="The database, as an SQLAlchemy URL; SQLite in `easel.db` in `data_dir` when none is named",
    )
    keep_days: Count = Field(default=30, description="Days after which what is known of a finished request is deleted")
    catch_up_minutes: float = Field(
        default=15.0,
        description="At the start, what was typed so many minutes ago while the bot was away is answered",
        strict=True,
        ge=0,
        allow_inf_nan=False,
    )


class PicturesKept(Section):
    """Which finished pictures stay on disk. None is deleted before it is posted."""

    days: Count | None = Field(
        default=None, description="Days after which a finished picture is deleted from the disk; never when none is set"
    )
    megabytes: Count | None = Field(
        default=None, description="When finished pictures take more, the oldest are deleted; never when none is set"
    )


class CheckpointsKept(Section):
    """Which checkpoints stay on disk once their request has ended."""

    days: Count | None = Field(
        default=1, description="Days after which the checkpoint of a request that has ended is deleted"
    )
    megabytes: Count | None = Field(
        default=1000, description="When checkpoints take more, the oldest of requests that have ended are deleted"
    )


class UploadsKept(Section):
    """Which pictures of members stay on disk once no request needs them."""

    days: Count | None = Field(default=30, description="Days after which a member's picture that no request needs goes")
    megabytes: Count | None = Field(
        default=1000, description="When members' pictures that no request needs take more, the oldest go"
    )


Keep = PicturesKept | CheckpointsKept | UploadsKept
"""How long files stay."""


class KeepSettings(Section):
    """Which files stay on disk, and for how long."""

    pictures: PicturesKept = PicturesKept()
    checkpoints: CheckpointsKept = CheckpointsKept()
    uploads: UploadsKept = UploadsKept()
