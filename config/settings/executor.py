"""Where it is painted."""

import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from config.settings.section import Section, has_possible_port

DEVICE = re.compile(r"cpu|cuda(:\d+)?")
CLUSTER = re.compile(r"auto|[a-z0-9.-]+:\d{1,5}")
Reproducible = Literal["exact", "fast"]
"""Whether a seed gives equal pixels in any company on one kind of device, or what is computed first."""


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
        if not CLUSTER.fullmatch(address) or not has_possible_port(address):
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
