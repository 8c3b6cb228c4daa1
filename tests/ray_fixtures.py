"""A Ray cluster of processes on this machine."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ray.cluster_utils import Cluster

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

STORE_BYTES = 80 * 2**20
"""Of the shared memory of a node, nearly the least that Ray takes."""
HEALTH = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 1000,
    "health_check_timeout_ms": 10000,
    "health_check_failure_threshold": 3,
}
"""How soon a node counts as lost."""


class Nodes:
    """A head without devices, and nodes beside it.

    Args:
        folder: for all that Ray writes; its sockets bear only a short path.
    """

    def __init__(self, folder: Path) -> None:
        head = {"num_cpus": 0, "include_dashboard": False, "temp_dir": str(folder), "_system_config": HEALTH}
        self._cluster = Cluster(initialize_head=True, head_node_args={**head, "object_store_memory": STORE_BYTES})
        self._nodes: list[Any] = []

    @property
    def address(self) -> str:
        """Of the head."""
        return str(self._cluster.address)

    def add(self, cpus: int = 1, gpus: int = 0) -> Any:
        """Start a node."""
        node = self._cluster.add_node(num_cpus=cpus, num_gpus=gpus, object_store_memory=STORE_BYTES)
        self._nodes.append(node)
        return node

    def pid(self, node: Any) -> int:
        """Return the process id of what runs a node; what runs on it ends with it."""
        return int(node.all_processes["raylet"][0].process.pid)

    def remove(self, node: Any) -> None:
        """Take a node away, dead or not."""
        self._nodes.remove(node)
        self._cluster.remove_node(node, allow_graceful=False)

    def clear(self) -> None:
        """Take all nodes away."""
        for node in [*self._nodes]:
            self.remove(node)

    def shutdown(self) -> None:
        """End everything."""
        self._cluster.shutdown()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    """Run a cluster that has only its head."""
    folder = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))
    nodes = Nodes(folder)
    yield nodes
    nodes.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def nodes(cluster: Nodes) -> Iterator[Nodes]:
    """Give a cluster that has only its head, and has again afterwards."""
    yield cluster
    cluster.clear()
