"""Where the bot has its pictures painted."""

import sys

import pytest

from bot.errors import SetupError
from config.layers import load
from config.settings import Settings
from easel.executor import executor_for
from generation.executor.local import LocalExecutor
from tests.test_rooms import modules_after


def settings(*arguments: str) -> Settings:
    return load(environment={}, arguments=arguments)


def test_on_this_machine_unless_told() -> None:
    assert isinstance(executor_for(settings()), LocalExecutor)


def test_on_a_cluster() -> None:
    executor = executor_for(settings("executor.kind=ray"), ["executor.kind=ray"])
    assert executor.outlives
    assert not executor.inherited


@pytest.mark.parametrize("argument", ["discord.token=abc", "store.url=sqlite://"])
def test_what_a_whole_cluster_can_read_is_refused(argument: str) -> None:
    with pytest.raises(SetupError, match="command line") as raised:
        executor_for(settings("executor.kind=ray"), ["queue.total=9", argument])
    assert argument not in str(raised.value)
    executor_for(settings(), [argument])


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("generation.executor.cluster")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SetupError, match=r"easel\[ray\]"):
        executor_for(settings("executor.kind=ray"))


def test_ray_brings_no_torch_and_is_not_imported_unasked() -> None:
    assert "ray" not in modules_after("import easel.executor, bot.app")
    assert not modules_after("import generation.executor.cluster.executor") & {"torch", "kornia"}
