"""The token that lies in a file, as Docker's secrets do."""

from pydantic import SecretStr

from config.layers import ConfigError
from config.settings import TOKEN, Settings

LONGEST = 1000
"""Bytes of a file that can be a token."""


def with_token(settings: Settings) -> Settings:
    """Return settings with the token of ``discord.token_file`` in place, as they are where none is named.

    Raises:
        ConfigError: the file cannot be read or holds no token. The sentence does not name it: people put the token
            itself there.
    """
    file = settings.discord.token_file
    if file is None:
        return settings
    try:
        if file.expanduser().is_fifo():
            raise ConfigError("discord.token_file names a pipe; it should name a file")
        with file.expanduser().open("rb") as stream:
            content = stream.read(LONGEST + 1)
    except OSError as error:
        raise ConfigError(f"discord.token_file cannot be read: {error.strerror}") from None
    except (RuntimeError, ValueError):
        raise ConfigError("discord.token_file should be a path; ~ stands for no home directory here") from None
    if len(content) > LONGEST:
        raise ConfigError("discord.token_file should name a file of the token alone; this one is too large")
    token = content.decode("ascii", "replace").strip("\r\n")
    if not token:
        raise ConfigError("discord.token_file names an empty file; it should hold the token")
    if not TOKEN.fullmatch(token):
        raise ConfigError("discord.token_file names a file that should hold the token alone, without blanks")
    discord = settings.discord.model_copy(update={"token": SecretStr(token), "token_file": None})
    return settings.model_copy(update={"discord": discord})
