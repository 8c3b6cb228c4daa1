"""Where the bot has its pictures painted."""

from collections.abc import Sequence

from bot.errors import SetupError
from config.settings import Settings
from easel.dispatching import NO_RAY
from generation.executor import Executor
from generation.executor.local import LocalExecutor

SHOWN = ("discord.token=", "store.url=")
"""Arguments that may hold a secret: all who reach a Ray cluster can read the command lines of who uses it."""


def executor_for(settings: Settings, arguments: Sequence[str] = ()) -> Executor:
    """Return what carries requests to the devices that are set.

    Args:
        settings: with paths for the names of weights.
        arguments: of the command line.

    Raises:
        SetupError: the operator has to put something right first.
    """
    chosen, preview_seconds = settings.executor, settings.painting.preview_seconds
    if chosen.kind == "local":
        return LocalExecutor(settings.models, chosen.devices, preview_seconds, reproducible=chosen.reproducible)
    shown = next((name for argument in arguments for name in SHOWN if argument.startswith(name)), None)
    if shown is not None:
        raise SetupError(
            f"With executor.kind=ray {shown.removesuffix('=')} must not be on the command line, which all who reach "
            "the cluster can read: put it into a file, or an EASEL_… variable."
        )
    try:
        from generation.executor.cluster.executor import RayExecutor
    except ImportError:
        raise SetupError(NO_RAY) from None
    return RayExecutor(
        settings.models,
        chosen.devices,
        preview_seconds,
        chosen.address,
        chosen.namespace,
        idle_seconds=None if chosen.idle_minutes is None else 60 * chosen.idle_minutes,
    )
