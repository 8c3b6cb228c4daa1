"""What is served beside the bot: to Prometheus, and to the operator."""

import re
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from config.settings.section import TOKEN, Port, Section

SERVER_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
LEAST_ADMIN_TOKEN = 16
"""Characters of the secret that opens the operator's page."""


class MetricsSettings(Section):
    """Where Prometheus finds what is measured."""

    port: Port | None = Field(
        default=None, description="The port at which `/metrics` is served for Prometheus; none is when none is set"
    )
    host: str = Field(
        default="127.0.0.1", description="The address at which it is; all who reach it can read", min_length=1
    )


class AdminSettings(Section):
    """The operator's page."""

    port: Port | None = Field(
        default=None, description="The port at which the operator's page is served; none is when none is set"
    )
    host: str = Field(default="127.0.0.1", description="The address at which it is", min_length=1)
    names: tuple[str, ...] = Field(
        default=(),
        description="Names such as `easel.example.org` under which browsers reach it, beside `localhost` and addresses",
    )
    token: SecretStr | None = Field(
        default=None, description=f"The secret that opens it: {LEAST_ADMIN_TOKEN} characters or more, without blanks"
    )
    token_file: Path | None = Field(default=None, description="The path of a file that holds that secret")

    @field_validator("names", mode="before")
    @classmethod
    def _names_are_names(cls, names: object) -> object:
        if isinstance(names, str):
            names = [name.strip() for name in names.split(",")]
        listed = names if isinstance(names, list | tuple) else [None]
        if not all(isinstance(name, str) and SERVER_NAME.fullmatch(name) for name in listed):
            raise PydanticCustomError("names", "should be names in lower case such as easel.example.org")
        return tuple(listed)

    @field_validator("token")
    @classmethod
    def _token_is_long(cls, token: SecretStr | None) -> SecretStr | None:
        secret = None if token is None else token.get_secret_value()
        if secret is not None and (len(secret) < LEAST_ADMIN_TOKEN or not TOKEN.fullmatch(secret)):
            raise PydanticCustomError("token", f"should be {LEAST_ADMIN_TOKEN} characters or more, without blanks")
        return token

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        self.must_not_both_be_set("token_file", "token")
        return self
