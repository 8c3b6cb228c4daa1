"""Debian's PostgreSQL, in a folder of its own, for as long as the tests run."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import psycopg

USER, PASSWORD = "easel", "correct horse@battery/staple"
ENCODED = "correct%20horse%40battery%2Fstaple"
"""The password as it stands in a URL."""
PATIENCE = 60.0
"""Seconds that a start or an end may take."""


class Server:
    """A cluster that listens on 127.0.0.1 and writes through to the disk.

    Args:
        folder: where to put it; it belongs to whoever the server runs as.
        run_as: a command before another that runs it as such.
    """

    def __init__(self, folder: Path, run_as: list[str]) -> None:
        versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
        assert versions, "install Debian's package postgresql, as .ci/run does"
        self._programs, self._run_as, self._folder = versions[-1].parent, run_as, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        options = ["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", f"--username={USER}", f"--pwfile={password}"]
        self._call("initdb", "--auth-local=trust", "--auth-host=scram-sha-256", *options, str(folder / "data"))
        self._process: subprocess.Popen[bytes] | None = None
        self._schemas = 0

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "data"), "-k", str(self._folder)]
        settings = ["-p", str(self.port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=on"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*self._run_as, *command, *settings], cwd="/", stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                self.execute("SELECT 1")
                return
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """End it with all connections, as an upgrade does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(PATIENCE)
            self._process = None

    def execute(self, statement: str) -> None:
        """Run a statement as its administrator."""
        with self._connection("-c default_transaction_read_only=off") as connection:
            connection.execute(statement.encode())

    def _connection(self, options: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=str(self._folder), port=self.port, user=USER, dbname="postgres", options=options, autocommit=True
        )

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """Let nobody write for a while, in new transactions of whatever connection."""
        self._set_read_only("on")
        try:
            yield
        finally:
            self._set_read_only("off")

    def _set_read_only(self, value: str) -> None:
        self.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        self.execute("SELECT pg_reload_conf()")
        shown = None
        while shown != (value,):
            with self._connection() as connection:
                shown = connection.execute("SHOW default_transaction_read_only").fetchone()

    def new_schema(self) -> str:
        """Make an empty schema and return the URL of a database in which it is the only one to be seen."""
        self._schemas += 1
        schema = f"test_{self._schemas}"
        self.execute(f"CREATE SCHEMA {schema}")
        return self.url(schema)

    def url(self, schema: str, port: int | None = None) -> str:
        """Return the URL by which a schema is seen, by another port where one is given."""
        place = f"127.0.0.1:{port or self.port}/postgres"
        return f"postgresql://{USER}:{ENCODED}@{place}?options=-csearch_path%3D{schema}"

    def _call(self, program: str, *arguments: str) -> None:
        command = [*self._run_as, str(self._programs / program), *arguments]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


class Wire:
    """A port on 127.0.0.1 that leads to another, until it is cut: then nothing comes through, and nothing ends."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self._to = port
        self._whole = asyncio.Event()
        self._whole.set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    async def end(self) -> None:
        """End all that leads through it, which is noticed then."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def bent(self, url: str) -> str:
        """Return a URL that leads through it."""
        return url.replace(f":{self._to}/", f":{self.port}/")

    def cut(self) -> None:
        """Cut it."""
        self._whole.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        for end in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pass_on(*end))
            self._tasks.add(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                await self._whole.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Run a server; it ends with this process, however that ends. As root, it runs as Debian's user ``postgres``."""
    run_as = ["setpriv", "--pdeathsig=INT"]
    folder = Path(tempfile.mkdtemp(prefix="easel-postgresql-"))
    if os.geteuid() == 0:
        run_as += ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres", "postgres")
    server = Server(folder, run_as)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
