import re

import torch

from benchmarks import machine
from benchmarks.stopwatch import alternate, medians


def test_tasks_take_turns() -> None:
    done: list[str] = []
    tasks = {"a": lambda: done.append("a"), "b": lambda: done.append("b")}
    taken = alternate(tasks, torch.device("cpu"), rounds=2, repeats=3)
    assert done == [*"aaabbb"] * 2
    assert {name: len(each) for name, each in taken.items()} == {"a": 2, "b": 2}
    assert medians({"a": [3.0, 1.0, 2.0]}) == {"a": 2.0}


def test_the_machine_is_described() -> None:
    described = machine.describe()
    assert re.fullmatch(r"[a-z0-9-]+", str(described["machine"]))
    assert described["cores"] == machine.cores() > 0
    assert machine.busy_share([0, 0, 0, 0, 0], [30, 10, 10, 40, 10]) == 0.5
    assert machine.busy_share(None, None) is None
