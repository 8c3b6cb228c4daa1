"""Set-ups that are broken, each in one way, with what ``easel doctor`` and ``easel run`` have to say of it."""

import contextlib
import os
import socket
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from config.settings.models import ModelsSettings
from sandbox import Sandbox
from sandbox.permissions import Permission
from store.lock import locked
from tests.easel.processes import settings_for

HERE = Path(__file__).parent
CLOCK = HERE.parent / "soak" / "clock"
CUDA = HERE / "cuda"
NOBODY = 65534


@dataclass
class SetUp:
    """With what the command is called.

    Attributes:
        folder: for files.
        sandbox: that is Discord.
        models: that paint.
        settings: ``key=value``; the later wins.
        environment: variables beside the usual.
        below: the command below which it runs.
    """

    folder: Path
    sandbox: Sandbox
    models: ModelsSettings
    settings: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    below: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.token.write_text(self.sandbox.bot.token)
        self.token.chmod(0o600)
        discord = [f"discord.api_base={self.sandbox.api_base}", f"discord.token_file={self.token}"]
        self.settings += [*settings_for(self.models), *discord, f"data_dir={self.data}"]

    @property
    def token(self) -> Path:
        """The file of the token."""
        return self.folder / "token"

    @property
    def data(self) -> Path:
        """The data directory, which is not there yet."""
        return self.folder / "data"

    def import_first(self, folder: Path) -> None:
        """Have each Python process import what is in a folder first."""
        self.environment["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])


@contextlib.contextmanager
def no_token(here: SetUp) -> Iterator[None]:
    """Name no token."""
    here.settings.append("discord.token_file=null")
    yield


@contextlib.contextmanager
def wrong_token(here: SetUp) -> Iterator[None]:
    """Have a token that Discord does not know."""
    here.token.write_text("wrong-token-of-nobody")
    yield


@contextlib.contextmanager
def intent_off(here: SetUp) -> Iterator[None]:
    """Have the Message Content Intent off."""
    here.sandbox.set_message_content(enabled=False)
    yield


@contextlib.contextmanager
def no_permission(here: SetUp) -> Iterator[None]:
    """Let the bot attach no files and add no reactions in its server."""
    for role in here.sandbox.world.guild.roles.values():
        role.permissions &= ~(Permission.ATTACH_FILES | Permission.ADD_REACTIONS)
    yield


@contextlib.contextmanager
def weights_cut_off(here: SetUp) -> Iterator[None]:
    """Have the first part of a CLIP."""
    file = here.folder / "cut.pt"
    file.write_bytes(Path(here.models.clip).read_bytes()[:20_000])
    here.settings.append(f"models.clip={file}")
    yield


@contextlib.contextmanager
def disk_full(here: SetUp) -> Iterator[None]:
    """Let a process write no more than a page into a file."""
    here.below = ["prlimit", "--fsize=4096"]
    yield


@contextlib.contextmanager
def store_locked(here: SetUp) -> Iterator[None]:
    """Have another process work with the data directory."""
    with locked(here.data):
        yield


@contextlib.contextmanager
def store_newer(here: SetUp) -> Iterator[None]:
    """Have a database of a later version."""
    here.data.mkdir()
    with contextlib.closing(sqlite3.connect(here.data / "easel.db")) as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")
        database.commit()
    yield


@contextlib.contextmanager
def port_in_use(here: SetUp) -> Iterator[None]:
    """Have another program listen where Prometheus is to read."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        here.settings.append(f"metrics.port={taken.getsockname()[1]}")
        yield


@contextlib.contextmanager
def no_driver(here: SetUp) -> Iterator[None]:
    """Have a build of torch for CUDA, and no driver."""
    here.import_first(CUDA)
    here.environment["FAKE_CUDA"] = "no-driver"
    here.settings.append("executor.devices=[cuda:0]")
    yield


@contextlib.contextmanager
def no_driver_and_no_device_named(here: SetUp) -> Iterator[None]:
    """Have the same, and take what devices there are."""
    with no_driver(here):
        here.settings.append("executor.devices=auto")
        yield


@contextlib.contextmanager
def gpu_full(here: SetUp) -> Iterator[None]:
    """Have a GPU whose memory others use."""
    here.import_first(CUDA)
    here.environment["FAKE_CUDA"] = "full"
    here.settings.append("executor.devices=[cuda:0]")
    yield


@contextlib.contextmanager
def clock_off(here: SetUp) -> Iterator[None]:
    """Have a clock that is an hour ahead."""
    offset = here.folder / "offset"
    offset.write_bytes(struct.pack("<d", 3600.0))
    here.import_first(CLOCK)
    here.environment["SOAK_CLOCK"] = str(offset)
    yield


@contextlib.contextmanager
def folder_of_another(here: SetUp) -> Iterator[None]:
    """Have a data directory of another user's, as one for whom permissions count: root has to let go of that."""
    if os.geteuid() == 0:
        here.data.mkdir(mode=0o755)
        os.chown(here.data, NOBODY, NOBODY)
        here.below = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    else:
        here.settings.append("data_dir=/usr/easel")
    yield


@dataclass(frozen=True)
class Broken:
    """A set-up and what is said of it.

    Args:
        breaks: what is wrong.
        name: of the thing, as ``easel doctor`` has it.
        level: as it has it, too.
        finding: an expression for its sentence.
        code: with which ``easel run`` ends by itself; None where it goes on.
        line: an expression for the line that it writes.
    """

    breaks: Callable[[SetUp], AbstractContextManager[None]]
    name: str
    level: str
    finding: str
    code: int | None
    line: str


TOKEN = r"There is no bot token: put the bot's from https://discord\.com/developers\S* into EASEL_DISCORD__TOKEN, or .*"
WRONG = r"Discord refuses the token: copy the bot's from .*"
INTENT = r"[^:]*Message Content Intent.*"
KEPT = r"no picture can be kept in \S+"
IN_USE = r"\S+/data is in use by process \d+"
NEWER = r"The database \S+ was made by a later version of Easel; update Easel, .*"
PORT = r"metrics\.port: \d+ cannot be had at 127\.0\.0\.1 \(Address already in use\)"
DRIVER = r"install NVIDIA's driver, or give the container its GPUs"
MEMORY = r"cuda:0 has no memory left for the models: end what else uses it, which nvidia-smi shows\."
CLOCK_OFF = r"3[56]\d\d seconds ahead of Discord's"
WARNING = r".*\[warning *\] "

BROKEN = [
    Broken(no_token, "token", "error", TOKEN, 78, f"easel: {TOKEN}"),
    Broken(wrong_token, "token", "error", WRONG, 78, f"easel: {WRONG}"),
    Broken(intent_off, "intents", "warning", f"{INTENT}: switch it on at .*", None, f"{WARNING}{INTENT}"),
    Broken(
        no_permission,
        "server The Studio",
        "warning",
        "missing: Add Reactions, Attach Files: grant it .*",
        None,
        rf"{WARNING}permissions are missing in a server .*'Add Reactions', 'Attach Files'.*",
    ),
    Broken(
        weights_cut_off, "weights", "error", r"models\.clip: \S+/cut\.pt .*", 78, r"easel: models\.clip: \S+/cut\.pt .*"
    ),
    Broken(disk_full, "disk", "error", f"{KEPT}: File too large: .*", 78, f"easel: data_dir: {KEPT}: File too large"),
    Broken(
        store_locked,
        "store",
        "warning",
        f"{IN_USE}: a second bot would not start with it",
        78,
        rf"easel: data_dir: {IN_USE}: stop it, or set another folder\.",
    ),
    Broken(store_newer, "store", "error", NEWER, 78, f"easel: {NEWER}"),
    Broken(port_in_use, "port", "error", f"{PORT}: end what has it, .*", 78, rf"easel: {PORT}; choose another\."),
    Broken(
        no_driver,
        "torch",
        "error",
        rf".* built for CUDA 13\.0, sees 0 GPUs \(Found no NVIDIA driver .*\): {DRIVER}.*",
        78,
        rf"easel: There is no device cuda:0: torch sees 0 GPUs; {DRIVER}.*",
    ),
    Broken(
        no_driver_and_no_device_named,
        "torch",
        "warning",
        f".*: {DRIVER}.*",
        None,
        f"{WARNING}paints on the CPU: torch is built for CUDA and sees no GPU .*{DRIVER}.*",
    ),
    Broken(gpu_full, "cuda:0", "error", rf".*, 0\.0 of 85\.9 GB free; {MEMORY}: end .*", 75, f"easel: {MEMORY}"),
    Broken(
        clock_off,
        "clock",
        "warning",
        f"{CLOCK_OFF}: set it by NTP .*",
        None,
        f"{WARNING}this machine's clock is {CLOCK_OFF}; set it by NTP .*",
    ),
    Broken(
        folder_of_another,
        "disk",
        "error",
        r"\S+ belongs to \w+ and cannot be written by \w+: chown -R .*",
        78,
        rf"easel: data_dir: {KEPT}: Permission denied; \S+ belongs to \w+, and the bot runs as \w+",
    ),
]
