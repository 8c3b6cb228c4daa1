"""What can be set, and what it is when nobody sets it."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

MIN_SIDE = 64
"""The least pixels across or down."""
MAX_SIDE = 16_384
"""The most that can be set."""
MAX_STEPS = 1_000_000
"""The most that can be set, and that a request can have."""
SIDE_MULTIPLE = 16
"""Sides are multiples of it: a latent cell of the coarsest VQGAN is as wide."""
SIDE = f"a multiple of {SIDE_MULTIPLE}, from {MIN_SIDE} to {MAX_SIDE}"

Count = Annotated[int, Field(strict=True, ge=1)]
Side = Annotated[int, Field(strict=True, ge=MIN_SIDE, le=MAX_SIDE, multiple_of=SIDE_MULTIPLE)]
DEVICE = re.compile(r"cpu|cuda(:\d+)?")
CLUSTER = re.compile(r"auto|[a-z0-9.-]+:\d{1,5}")
LAST_PORT = 2**16 - 1
HOST = re.compile(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?")
TOKEN = re.compile(r"[!-~]+")
SERVER_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
COMMAND_PREFIX = re.compile(r"\S{1,5}")
LEAST_ADMIN_TOKEN = 16
"""Characters of the secret that opens the operator's page."""
MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
DEFAULT_MODEL = "default"
"""Name of the model that is used where none is named."""
Precision = Literal["auto", "float32", "bfloat16", "float16"]
Reproducible = Literal["exact", "fast"]
"""Whether a seed gives equal pixels in any company on one kind of device, or what is computed first."""


def expanded(paths: str | None) -> str | None:
    """Return paths that ``+`` joins with home directories in the place of ``~``."""
    try:
        return paths and "+".join(path and str(Path(path).expanduser()) for path in paths.split("+"))
    except RuntimeError:
        raise PydanticCustomError("home", "begins with ~, but there is no such home directory") from None


class Section(BaseModel):
    """A frozen group of settings that knows no other keys than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def _must_not_exceed(self, smaller: str, larger: str) -> None:
        """Raise an error that names both keys when the value of ``smaller`` is the greater."""
        if getattr(self, smaller) > getattr(self, larger):
            raise PydanticCustomError("pair", "must not be greater than", {"first": smaller, "second": larger})


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
        if not all(isinstance(name, str) and HOST.fullmatch(name) for name in names):
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
        if self.token is not None and self.token_file is not None:
            raise PydanticCustomError("pair", "cannot be set beside", {"first": "token_file", "second": "token"})
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
        if self.ids is not None and (self.count is None or max(self.ids) >= self.count):
            raise PydanticCustomError("pair", "should be numbers below", {"first": "ids", "second": "count"})
        return self


class QueueSettings(Section):
    """How many requests are accepted."""

    total: Count = Field(default=100, description="Requests waiting or being painted, of all members together")
    per_member: Count = Field(default=3, description="Requests waiting or being painted, of one member")
    per_server: Count | None = Field(
        default=None, description="Requests waiting or being painted, of one server; `queue.total` when none is set"
    )

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        self._must_not_exceed("per_member", "total")
        if self.per_server is not None:
            self._must_not_exceed("per_server", "total")
        return self


class LimitsSettings(Section):
    """The most that a server may allow; it holds where moderators have set nothing."""

    cooldown_seconds: float = Field(
        default=0.0,
        description="Seconds between two requests of a member in a server, at least",
        strict=True,
        ge=0,
        le=86400,
        allow_inf_nan=False,
    )
    pictures_per_day: Count | None = Field(
        default=None, description="Pictures of a member in a server within 24 hours; any number when none is set"
    )
    cost_per_day: float | None = Field(
        default=None,
        description="Work of a member in a server within 24 hours, at least 0.1, where 1 is a picture of usual size "
        "and steps; any when none is set",
        strict=True,
        ge=0.1,
        allow_inf_nan=False,
    )
    repeat: Count = Field(default=3, description="Pictures that one command may ask for")
    videos: bool = Field(default=True, description="Whether members may ask for videos")
    attachments: bool = Field(default=True, description="Whether members may give pictures")
    adult: bool = Field(
        default=True, description="Whether age-restricted channels may have pictures with `limits.adult_words`"
    )
    adult_words: tuple[str, ...] = Field(
        default=(),
        description="Words that are refused outside of age-restricted channels, as `.words add` takes them",
    )
    forbidden_words: tuple[str, ...] = Field(
        default=(), description="Words that are refused everywhere, as `.words add` takes them"
    )

    @field_validator("adult_words", "forbidden_words", mode="before")
    @classmethod
    def _words_are_a_list(cls, words: object) -> object:
        return tuple(word.strip() for word in words.split(",")) if isinstance(words, str) else words


class PaintingSettings(Section):
    """What is painted when a member asks for nothing else, and the most that a member may ask for."""

    width: Side = Field(default=128, description=f"Pixels across when none are asked for: {SIDE}")
    height: Side = Field(default=128, description=f"Pixels down when none are asked for: {SIDE}")
    steps: Count = Field(default=250, description="Steps when none are asked for")
    max_side: Side = Field(default=512, description=f"The most pixels across or down to ask for: {SIDE}")
    max_steps: Count = Field(default=500, le=MAX_STEPS, description="The most steps to ask for")
    max_prompt_length: Count = Field(default=1000, description="The longest prompt, in characters")
    preview_seconds: float = Field(
        default=3.0,
        description="Seconds from one preview to the next, more than 0",
        strict=True,
        gt=0,
        allow_inf_nan=False,
    )

    @model_validator(mode="after")
    def _defaults_are_allowed(self) -> Self:
        self._must_not_exceed("width", "max_side")
        self._must_not_exceed("height", "max_side")
        self._must_not_exceed("steps", "max_steps")
        return self


class ModelSettings(Section):
    """Which weights paint and judge."""

    vqgan: str = Field(
        default="pocket",
        description="`pocket`, a name from `easel models list`, or the path of a taming-transformers YAML with its "
        "`.ckpt` or `.safetensors` beside it, or of these",
        min_length=1,
    )
    vqgan_config: Path | None = Field(
        default=None, description="The path of the VQGAN's YAML, where it does not lie beside its weights"
    )
    clip: str = Field(
        default="pocket",
        description="`pocket`, a name from `easel models list`, or the path of a CLIP file; several with `+` between "
        "them judge together",
        min_length=1,
    )
    biggan: str = Field(
        default="pocket",
        description="`pocket`, a name from `easel models list`, or the path of the JSON or the weights of a "
        "BigGAN-deep, by which `--painter biggan` paints",
        min_length=1,
    )
    vgg: str | None = Field(
        default=None,
        description="The path of the weights of a VGG-19 as torchvision has it, by which `--painter neural-style` "
        "paints; there is no such painter when none is named",
        min_length=1,
    )
    precision: Precision = Field(
        default="auto",
        description="What the networks compute in: `auto` for bfloat16 on devices that are made for it, else float32; "
        "or `float32`, `bfloat16`, `float16`",
    )

    _home_is_known = field_validator("vqgan", "clip", "biggan", "vgg")(expanded)


class NamedModelSettings(Section):
    """Weights that members choose by a name. What is not said is as it is without a name."""

    vqgan: str | None = Field(default=None, description="As `models.vqgan`", min_length=1)
    vqgan_config: Path | None = Field(default=None, description="As `models.vqgan_config`, of this VQGAN")
    clip: str | None = Field(default=None, description="As `models.clip`", min_length=1)
    biggan: str | None = Field(default=None, description="As `models.biggan`", min_length=1)
    vgg: str | None = Field(default=None, description="As `models.vgg`", min_length=1)
    precision: Precision | None = Field(default=None, description="As `models.precision`")

    _home_is_known = field_validator("vqgan", "clip", "biggan", "vgg")(expanded)


class ModelsSettings(ModelSettings):
    """The weights that are used where none are named, and others by their names."""

    more: dict[str, NamedModelSettings] = Field(
        default={},
        description="Further models, by the names by which members choose them: `{faces: {vqgan: …, clip: …}}`, where "
        "what is not said is as above",
    )

    @field_validator("more")
    @classmethod
    def _names_are_plain(cls, more: dict[str, NamedModelSettings]) -> dict[str, NamedModelSettings]:
        if not all(MODEL_NAME.fullmatch(name) and name != DEFAULT_MODEL for name in more):
            raise PydanticCustomError(
                "names",
                "should have names of 1 to 32 small letters, digits and hyphens, other than " + DEFAULT_MODEL,
            )
        return more

    @property
    def names(self) -> tuple[str, ...]:
        """What members choose from, that which is used where none is named first."""
        return (DEFAULT_MODEL, *self.more)

    def named(self, name: str) -> ModelSettings:
        """Return the settings of the model of a name; raises ``KeyError``."""
        usual = ModelSettings(**{key: getattr(self, key) for key in ModelSettings.model_fields})
        if name == DEFAULT_MODEL:
            return usual
        said = {key: value for key, value in dict(self.more[name]).items() if value is not None}
        if "vqgan" in said:
            usual = usual.model_copy(update={"vqgan_config": None})
        return usual.model_copy(update=said)


class ExecutorSettings(Section):
    """Where it is painted."""

    kind: Literal["local", "ray"] = Field(
        default="local", description="`local` for the devices of this machine, `ray` for those of a Ray cluster"
    )
    address: str = Field(
        default="auto",
        description="With `ray`, `HOST:PORT` of the cluster's head; `auto` for the cluster that this machine is in",
    )
    namespace: str = Field(
        default="easel",
        description="With `ray`, under which name this bot's workers are found again; one for each bot on a cluster",
        min_length=1,
        max_length=100,
    )
    devices: Literal["auto"] | tuple[str, ...] = Field(
        default="auto",
        description="`auto` for every GPU, or one CPU worker where there is none; or a list of "
        "`cpu`, `cuda`, `cuda:N`, one worker each, also as `cuda:0,cuda:1`. With `ray` without numbers: "
        "those for which there is no room wait for it",
    )

    reproducible: Reproducible = Field(
        default="exact",
        description="`exact` for the same pixels of a seed, whatever is painted beside it and however many CPU workers "
        "a machine has; `fast` where several of them are to divide the cores",
    )
    idle_minutes: float | None = Field(
        default=None,
        description="With `ray`, a device that has painted nothing for so many minutes gives its machine back until "
        "all others are full, so that a cluster can shrink and grow; never when none is set",
        strict=True,
        gt=0,
        allow_inf_nan=False,
    )
    grace_seconds: float = Field(
        default=30.0,
        description="At the end, seconds for what is being painted to be finished; else it goes on at the next start",
        strict=True,
        ge=0,
        allow_inf_nan=False,
    )

    @field_validator("address")
    @classmethod
    def _address_is_one(cls, address: str) -> str:
        if not CLUSTER.fullmatch(address) or int(address.partition(":")[2] or 0) > LAST_PORT:
            raise PydanticCustomError("address", "should be auto or an address such as 10.0.0.1:6379")
        return address

    @field_validator("devices", mode="before")
    @classmethod
    def _devices_are_known(cls, devices: object) -> object:
        if devices == "auto":
            return devices
        if isinstance(devices, str):
            devices = [name.strip() for name in devices.split(",")]
        names = devices if isinstance(devices, list | tuple) else []
        if not names or not all(isinstance(name, str) and DEVICE.fullmatch(name) for name in names):
            raise PydanticCustomError("devices", "should be auto or devices such as cpu or cuda:0,cuda:1")
        return tuple(names)

    @model_validator(mode="after")
    def _cluster_numbers_devices(self) -> Self:
        if self.kind == "ray" and any(":" in name for name in self.devices):
            sides = {"first": "devices", "second": "kind"}
            raise PydanticCustomError("pair", "should be auto, or cpu and cuda without numbers, with", sides)
        return self


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


class MetricsSettings(Section):
    """Where Prometheus finds what is measured."""

    port: Annotated[int, Field(strict=True, ge=1, le=65535)] | None = Field(
        default=None, description="The port at which `/metrics` is served for Prometheus; none is when none is set"
    )
    host: str = Field(
        default="127.0.0.1", description="The address at which it is; all who reach it can read", min_length=1
    )


class AdminSettings(Section):
    """The operator's page."""

    port: Annotated[int, Field(strict=True, ge=1, le=65535)] | None = Field(
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
        if self.token is not None and self.token_file is not None:
            raise PydanticCustomError("pair", "cannot be set beside", {"first": "token_file", "second": "token"})
        return self


class TextsSettings(Section):
    """Language models for stories and suggestions, where the ways without any are not enough."""

    summariser: str | None = Field(
        default=None,
        description="What abridges texts: a folder with a model from sequence to sequence, or its name on Hugging Face "
        "where it was downloaded, such as `facebook/bart-large-cnn`; the texts' own sentences when none is named",
        min_length=1,
        max_length=1000,
    )
    author: str | None = Field(
        default=None,
        description="What makes up prompts, likewise: a causal language model, such as `gpt2`; lists of Easel's own "
        "when none is named",
        min_length=1,
        max_length=1000,
    )
    seconds: float = Field(
        default=120.0,
        description="Seconds within which a model has to answer, with those that it takes to load it",
        strict=True,
        gt=0,
        le=600,
        allow_inf_nan=False,
    )
    megabytes: Count = Field(
        default=4000, le=1_000_000, description="Megabytes of memory that the process of these models may take"
    )


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
