"""What tells the messages of one version from those of another."""

from dataclasses import make_dataclass

import pytest

from generation.executor import protocol
from generation.executor.protocol import Hello, fingerprint


def test_the_fingerprint_is_another_where_a_message_or_what_it_holds_has_another_field(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def with_hello(*fields: tuple[str, type]) -> str:
        hello = make_dataclass("Hello", fields, namespace={"__module__": Hello.__module__})
        monkeypatch.setattr(protocol, "FromWorker", hello)
        return fingerprint.__wrapped__()

    inner = make_dataclass("Inner", [("left", int)])
    wider = make_dataclass("Inner", [("left", int), ("right", int)])
    found = [
        with_hello(("gpus", int)),
        with_hello(("cpus", int)),
        with_hello(("gpus", int), ("cpus", int)),
        with_hello(("gpus", inner)),
        with_hello(("gpus", wider)),
    ]
    assert len(set(found)) == len(found)
    assert with_hello(("gpus", inner)) == found[3]
