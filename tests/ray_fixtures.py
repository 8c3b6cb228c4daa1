"""A Ray cluster of processes on this machine."""

import contextlib
import json
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import ray
import ray.util
from ray.autoscaler._private.fake_multi_node.node_provider import FAKE_HEAD_NODE_ID
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
PATIENCE = 240.0
"""Seconds that a node may take until the cluster knows of it, or of its end, on a slow and busy machine."""


class Nodes:
    """A head without devices, and nodes beside it.

    Args:
        options: of the head.
    """

    def __init__(self, **options: Any) -> None:
        head = {"num_cpus": 0, "include_dashboard": False, "_system_config": HEALTH}
        head["dashboard_agent_listen_port"] = None  # any that is free, and not the one that every other head takes
        head |= {"object_store_memory": STORE_BYTES, **options}
        self._cluster = Cluster(initialize_head=True, head_node_args=head)
        self._nodes: list[Any] = []

    @property
    def address(self) -> str:
        """Of the head."""
        return str(self._cluster.address)

    def start(self, cpus: int = 1, gpus: int = 0) -> Any:
        """Start a node, for which a worker waits already: it may take it before anybody sees it free."""
        node = self._cluster.add_node(wait=False, num_cpus=cpus, num_gpus=gpus, object_store_memory=STORE_BYTES)
        self._nodes.append(node)
        return node

    def add(self, cpus: int = 1, gpus: int = 0) -> Any:
        """Start a node, and wait until the cluster says that it is free."""
        node = self.start(cpus, gpus)
        deadline = time.monotonic() + PATIENCE
        while not self._is_free(node, {"CPU": cpus, "GPU": gpus}):
            assert time.monotonic() < deadline, "the cluster does not know of the node"
            time.sleep(0.05)
        return node

    def _is_free(self, node: Any, devices: Mapping[str, int]) -> bool:
        """Return whether a cluster says that all of a node's devices are there and free, which it hears of late."""
        free = self._cluster.global_state.available_resources_per_node().get(node.node_id, {})
        return bool(free) and all(free.get(name, 0) >= count for name, count in devices.items())

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
        self._cluster.wait_for_nodes(timeout=PATIENCE)  # else the next worker may be placed where none is any more

    def shutdown(self) -> None:
        """End everything."""
        self._cluster.shutdown()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Give a folder for all that Ray writes; what has it in its command line ends with it."""
    path = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))  # its sockets bear only a short path
    (path / "ray").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", str(path))
        yield path
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(path).encode() in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    """Run a cluster that has only its head."""
    with folder():
        nodes = Nodes()
        yield nodes
        nodes.shutdown()


@pytest.fixture
def nodes(cluster: Nodes) -> Iterator[Nodes]:
    """Give a cluster that has only its head, and has again afterwards."""
    yield cluster
    cluster.clear()


@pytest.fixture
def scaled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nodes]:
    """Run a cluster of which Ray's autoscaler starts the nodes, up to two of one CPU, and ends those that idle."""
    monkeypatch.setenv("RAY_FAKE_CLUSTER", "1")
    monkeypatch.setenv("AUTOSCALER_UPDATE_INTERVAL_S", "1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    provider = {
        "type": "fake_multinode",
        "head_node_id": FAKE_HEAD_NODE_ID,
        "gcs_address": f"{ray.util.get_node_ip_address()}:{port}",
        "disable_node_updaters": True,
        "use_node_id_as_ip": True,
        "disable_launch_config_check": True,
    }
    painter = {"resources": {"CPU": 1, "object_store_memory": STORE_BYTES}, "node_config": {}, "max_workers": 2}
    head = "ray.head.default"
    commands = ("initialization", "setup", "head_setup", "worker_setup", "head_start_ray", "worker_start_ray")
    settings = {
        "cluster_name": "test",
        "max_workers": 2,
        "provider": provider,
        "auth": {"ssh_user": "nobody"},
        "available_node_types": {
            head: {"resources": {"CPU": 0}, "node_config": {}, "max_workers": 0},
            "painter": {**painter, "min_workers": 0},
        },
        "head_node_type": head,
        "upscaling_speed": 1.0,
        "idle_timeout_minutes": 0.1,
        "file_mounts": {},
        "cluster_synced_files": [],
        "file_mounts_sync_continuously": False,
        **{f"{name}_commands": [] for name in commands},
    }
    with folder() as path:
        file = path / "autoscaler.json"
        file.write_text(json.dumps(settings), "utf-8")
        environment = {"RAY_OVERRIDE_NODE_ID_FOR_TESTING": FAKE_HEAD_NODE_ID}
        nodes = Nodes(autoscaling_config=str(file), gcs_server_port=port, env_vars=environment)
        yield nodes
        nodes.shutdown()
