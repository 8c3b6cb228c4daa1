"""Where and as whom the bot logs in, and of which servers it hears."""

import re
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from config.settings.section import TOKEN, Count, Section, has_possible_port

HOST = re.compile(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?")
COMMAND_PREFIX = re.compile(r"\S{1,5}")


class DiscordSettings(Section):
    """Where and as whom the bot logs in."""

    token: SecretStr | None = Field(default=None, description="The bot's secret, as the developer portal shows it")
    token_file: Path | None = Field(
        default=None, description="The path of a file that holds the token, such as a Docker secret"
    )
    api_base: str = Field(
        default="https://discord.com/api/v10",
        description="Base URL of the REST API, of Discord or of a compatible server",
    )
    picture_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts beside Discord's own from which pictures are fetched for members: names such as "
        "`pictures.example.org`, by HTTPS, from public addresses only",
    )
    prefix: str = Field(
        default=".",
        description="What a command begins with where a server has chosen nothing else: 1 to 5 characters, no blanks",
    )
    direct_messages: bool = Field(default=False, description="Whether members may ask for pictures in private")

    @field_validator("token")
    @classmethod
    def _token_is_bare(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not TOKEN.fullmatch(token.get_secret_value()):
            raise PydanticCustomError("token", "should be the token alone, without blanks")
        return token

    @field_validator("api_base")
    @classmethod
    def _api_base_is_url(cls, api_base: str) -> str:
        try:
            url = urlsplit(api_base)
            usable = url.scheme in {"http", "https"} and url.hostname and not url.query and not url.fragment
            _ = url.port
        except ValueError:
            usable = False
        if not usable or re.search(r"\s", api_base):
            raise PydanticCustomError("url", "should be a URL such as https://discord.com/api/v10")
        return api_base.rstrip("/")

    @field_validator("picture_hosts", mode="before")
    @classmethod
    def _picture_hosts_are_names(cls, hosts: object) -> object:
        if isinstance(hosts, str):
            hosts = [name.strip() for name in hosts.split(",")]
        names = hosts if isinstance(hosts, list | tuple) else [None]
        if not all(isinstance(name, str) and HOST.fullmatch(name) and has_possible_port(name) for name in names):
            raise PydanticCustomError("hosts", "should be names of hosts such as pictures.example.org")
        return tuple(names)

    @field_validator("prefix")
    @classmethod
    def _prefix_is_short(cls, prefix: str) -> str:
        if not COMMAND_PREFIX.fullmatch(prefix):
            raise PydanticCustomError("prefix", "should be 1 to 5 characters without blanks")
        return prefix

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        self.must_not_both_be_set("token_file", "token")
        return self


class ShardSettings(Section):
    """Of which of the bot's servers this process hears, where Discord tells it in parts."""

    count: Count | None = Field(
        default=None,
        description="Shards of the bot, of all processes together; as many as Discord says when none is set",
    )
    ids: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        default=None,
        description="The shards of this process, from 0, where several processes are one bot: also as `0,1`. They need "
        "`shards.count`, a database on a server and one `data_dir`; all shards when none are set",
        min_length=1,
    )
    host: str = Field(
        default="127.0.0.1",
        description="The name or address of this machine at which the other processes of the bot reach this one",
        min_length=1,
    )

    @field_validator("ids", mode="before")
    @classmethod
    def _ids_are_numbers(cls, ids: object) -> object:
        if isinstance(ids, int):
            return (ids,)
        if isinstance(ids, str):
            ids = [number.strip() for number in ids.split(",")]
            if not all(number.isdecimal() for number in ids):
                raise PydanticCustomError("shards", "should be numbers of shards such as 0,1")
            return tuple(int(number) for number in ids)
        return ids

    @model_validator(mode="after")
    def _ids_are_of_count(self) -> Self:
        if self.ids is not None and self.count is None:
            raise PydanticCustomError("alone", "cannot be set alone", {"own": "ids", "other": "count"})
        if self.ids is not None and self.count is not None and max(self.ids) >= self.count:
            raise PydanticCustomError("pair", "should be numbers below", {"first": "ids", "second": "count"})
        return self
