"""What is said of a Ray cluster, and that the worker that was tried does not stay."""

from pathlib import Path

from tests.easel.doctor.test_doctor import examined, good
from tests.ray_fixtures import Nodes, cluster, nodes
from tests.sandbox_fixtures import description, observe, sandbox

__all__ = ["cluster", "description", "good", "nodes", "observe", "sandbox"]

FACES = "models.more={faces: {vqgan: wikiart-1024}}"


async def test_a_cluster_and_a_worker_that_is_tried(tmp_path: Path, good: list[str], nodes: Nodes) -> None:
    where = ["executor.kind=ray", f"executor.address={nodes.address}", FACES]
    found = await examined(tmp_path, *good, *where)
    assert found["cluster"]["level"] == "warning"
    assert "1 machine, 0 GPUs and 0 CPUs" in found["cluster"]["text"]
    assert found["cluster"]["advice"].startswith("1 of the devices")
    found = await examined(tmp_path, *good, *where, "executor.devices=auto")
    assert found["cluster"]["level"] == "error"
    nodes.add()
    found = await examined(tmp_path, *good, *where)
    assert found["cluster"]["level"] == "ok"
    assert "2 machines, 0 GPUs and 1 CPUs, of which are free 0 and 1" in found["cluster"]["text"]
    assert "a step of 128×128 takes" in found["cpu"]["text"]
    assert "torch" not in found
    assert found["model faces"]["text"].startswith("wikiart-1024 is missing")


async def test_a_cluster_that_does_not_answer(tmp_path: Path, good: list[str]) -> None:
    found = await examined(tmp_path, *good, "executor.kind=ray", "executor.address=127.0.0.1:1", FACES)
    assert found["cluster"]["level"] == "error"
    assert "127.0.0.1:1, executor.address, does not answer" in found["cluster"]["text"]
    assert "ray start" in found["cluster"]["advice"]
    assert found["model faces"]["level"] == "warning"
