"""Tokens that lie in files, as Docker's secrets do."""

from pathlib import Path

from pydantic import SecretStr, ValidationError

from config.layers import ConfigError
from config.settings import Settings
from config.settings.section import TOKEN
from config.settings.serving import LEAST_ADMIN_TOKEN, AdminSettings

LONGEST = 1000
"""Bytes of a file that can be a token."""


def with_token(settings: Settings) -> Settings:
    """Return settings with the token of ``discord.token_file`` in place, as they are where none is named.

    Raises:
        ConfigError: the file cannot be read or holds no token. The sentence does not name it: people put the token
            itself there.
    """
    if settings.discord.token_file is None:
        return settings
    token = _read("discord.token_file", settings.discord.token_file)
    discord = settings.discord.model_copy(update={"token": token, "token_file": None})
    return settings.model_copy(update={"discord": discord})


def with_admin_token(settings: Settings) -> Settings:
    """Return settings with the token of ``admin.token_file`` in place, as :func:`with_token` does."""
    admin = settings.admin
    if admin.token_file is None:
        return settings
    token = _read("admin.token_file", admin.token_file)
    try:
        chosen = AdminSettings(**{**dict(admin), "token": token, "token_file": None})
    except ValidationError:
        few = f"should hold {LEAST_ADMIN_TOKEN} characters or more"
        raise ConfigError(f"admin.token_file names a file that {few}") from None
    return settings.model_copy(update={"admin": chosen})


def _read(key: str, file: Path) -> SecretStr:
    try:
        if file.expanduser().is_fifo():
            raise ConfigError(f"{key} names a pipe; it should name a file")
        with file.expanduser().open("rb") as stream:
            content = stream.read(LONGEST + 1)
    except OSError as error:
        raise ConfigError(f"{key} cannot be read: {error.strerror}") from None
    except (RuntimeError, ValueError):
        raise ConfigError(f"{key} should be a path; ~ stands for no home directory here") from None
    if len(content) > LONGEST:
        raise ConfigError(f"{key} should name a file of the token alone; this one is too large")
    token = content.decode("ascii", "replace").strip("\r\n")
    if not token:
        raise ConfigError(f"{key} names an empty file; it should hold the token")
    if not TOKEN.fullmatch(token):
        raise ConfigError(f"{key} names a file that should hold the token alone, without blanks")
    return SecretStr(token)
