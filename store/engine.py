"""SQLAlchemy's engine for a database, from its URL."""

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from config.settings import Settings
from store.errors import StoreError

NAME = "easel.db"
"""Of SQLite's file in the data directory."""
NO_URL = (
    "store.url should be the URL of a database whose driver is installed, such as sqlite:////var/lib/easel/easel.db "
    "or postgresql://easel@localhost/easel; in a password @ is written as %40 and / as %2F."
)
POSTGRESQL = {
    "connect_timeout": 3,  # seconds, as those below; the last are milliseconds
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}
"""Of libpq, so that a server that has gone is noticed."""


def database_url(settings: Settings) -> URL:
    """Return where the database is, by the settings; raises ``StoreError`` where ``store.url`` is no URL."""
    chosen = settings.store.url
    return (
        _parsed(chosen.get_secret_value()) if chosen else URL.create("sqlite", database=str(settings.data_dir / NAME))
    )


def is_server(url: str | URL) -> bool:
    """Return whether several machines can use the database; raises ``StoreError`` where it is no URL."""
    return _parsed(url).get_backend_name() != "sqlite"


def is_lasting(url: str | URL) -> bool:
    """Return whether what is written is still there when the process has ended; raises ``StoreError``."""
    parsed = _parsed(url)
    in_memory = not parsed.database or ":memory:" in parsed.database or parsed.query.get("mode") == "memory"
    return parsed.get_backend_name() != "sqlite" or not in_memory


def secrets(url: str) -> list[str]:
    """Return what must not be shown of a URL, which may be none."""
    try:
        parsed = make_url(url)
    except (SQLAlchemyError, ValueError):
        return [url]
    hidden = [str(value) for name, value in parsed.query.items() if "password" in name]
    return [url, str(parsed.password), *hidden] if parsed.password else hidden


def shown(url: URL) -> str:
    """Return a URL, or the path of a file, as it can be shown."""
    return url.set(query={}).render_as_string() if is_server(url) else str(url.database)


def engine(url: str | URL) -> Engine:
    """Return the engine for a URL of SQLAlchemy's, which has not connected yet; raises ``StoreError``."""
    parsed = _parsed(url)
    arguments = {}
    if parsed.get_backend_name() == "postgresql":
        arguments = {name: value for name, value in POSTGRESQL.items() if name not in parsed.query}
    try:
        made = create_engine(parsed, hide_parameters=True, pool_pre_ping=is_server(parsed), connect_args=arguments)
    except (SQLAlchemyError, ImportError, TypeError, ValueError):
        raise StoreError(NO_URL) from None
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _set_up_sqlite)
        event.listen(made, "begin", _begin_sqlite)
    elif made.dialect.name == "postgresql":
        event.listen(made, "connect", _set_up_postgresql)
    return made


def _parsed(url: str | URL) -> URL:
    try:
        parsed = make_url(url)
    except (SQLAlchemyError, ValueError):
        raise StoreError(NO_URL) from None
    # The rest of a password that holds an @ would be taken for the host, and be shown.
    if "@" in (parsed.host or ""):
        raise StoreError(NO_URL)
    return parsed


def _set_up_sqlite(connection: Any, _: object) -> None:
    # Without this the driver begins no transaction before it makes tables.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    # What is deleted is overwritten, and not only left to be so some day.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _set_up_postgresql(connection: Any, _: object) -> None:
    # The second lets others go on where this process stands still in mid-transaction.
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '5s'")
        cursor.execute("SET idle_in_transaction_session_timeout = '5s'")
    connection.commit()
