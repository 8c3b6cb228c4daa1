"""The machine: Python, and the disk."""

import errno
import os
import platform
import shutil
import socket
import sys
from importlib.metadata import version
from pathlib import Path

from bot.serving import no_port
from config.layers import ConfigError
from config.settings import Settings
from config.settings.serving import AdminSettings, MetricsSettings
from easel.disk import data_dir, nearest, try_writing, user_name
from easel.doctor.finding import Finding

OLDEST = (3, 11)
"""As ``pyproject.toml`` says it."""
LITTLE = 10**9
"""Bytes on the disk that soon are full."""


def examine_python() -> Finding:
    """Say which Python this is, and of Easel and its library for Discord, which version."""
    text = f"{platform.python_version()}, with Easel {version('easel')} and discord.py {version('discord.py')}"
    if sys.version_info < OLDEST:
        return Finding("python", "error", text, "install Python {}.{} or newer".format(*OLDEST))
    return Finding("python", "ok", text)


def examine_disk(settings: Settings) -> Finding:
    """Say whether the data directory can be written to and has room; it is not made where there is none."""
    try:
        folder = data_dir(settings)
    except ConfigError as error:
        return Finding("disk", "error", str(error))
    try:
        there = nearest(folder)
        if not there.is_dir():
            return Finding("disk", "error", f"{there} is not a folder", "set data_dir")
        owner, free = there.stat().st_uid, shutil.disk_usage(there).free
        if not os.access(there, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
            text = f"{there} belongs to {user_name(owner)} and cannot be written by {user_name(os.geteuid())}"
            return Finding("disk", "error", text, f"chown -R {user_name(os.geteuid())} {there}, or set data_dir")
        side = settings.painting.max_side
        try_writing(there, side, side)
    except OSError as error:
        advice = "make room, or set data_dir to a folder that can be written"
        return Finding("disk", "error", f"no picture can be kept in {folder}: {error.strerror}", advice)
    text = f"{free / 10**9:.1f} GB free in {folder}{'' if there == folder else ', which the first start makes'}"
    if owner not in {os.geteuid(), 0} and os.geteuid() == 0:
        advice = f"run Easel as {user_name(owner)}, or what root writes there nobody else can use later"
        return Finding("disk", "warning", f"{text}, which belongs to {user_name(owner)}", advice)
    if free < LITTLE:
        return Finding("disk", "warning", text, "make room, or bound what is kept by keep.pictures")
    return Finding("disk", "ok", text)


def examine_port(
    settings: MetricsSettings | AdminSettings, section: str = "metrics", *, is_running: bool
) -> Finding | None:
    """Say whether a port is to be had; None where none is set.

    Args:
        settings: which port, and where.
        section: of the settings.
        is_running: the bot, which has it.
    """
    name, host, port = "port" if section == "metrics" else f"{section} port", settings.host, settings.port
    if port is None:
        return None
    try:
        with socket.create_server((host, port)):
            return Finding(name, "ok", f"{port} at {host} is free")
    except OSError as error:
        if is_running and error.errno == errno.EADDRINUSE:
            return Finding(name, "ok", f"{port} at {host} is the bot's")
        advice = "end what has it, which ss -ltnp shows, or choose another"
        return Finding(name, "error", no_port(section, host, port, error), advice)


def examine_token_file(file: Path, name: str = "token file") -> Finding | None:
    """Say whether others can read a token; None where they cannot."""
    try:
        mode = file.expanduser().stat().st_mode
    except (OSError, RuntimeError):
        return None
    if not mode & 0o077:
        return None
    return Finding(name, "warning", f"others can read it (mode {mode & 0o777:03o})", "chmod 600 it")
