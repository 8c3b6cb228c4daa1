"""Why weights cannot be read that settings name, with no device: ``python -m generation.worker.readable``.

Weights of models by their names come in, as an object of JSON, and for each that cannot be read a sentence goes out,
likewise. Files are mapped, so that of what is whole little is held in memory.
"""

import json
import sys
from collections.abc import Mapping

from pydantic import TypeAdapter

from generation.errors import CheckpointError
from generation.executor.protocol import Weights
from generation.worker.residents import read_weights


def unreadable(models: Mapping[str, Weights]) -> dict[str, str]:
    """Return why models cannot be read, by the names of those that cannot."""
    why = {}
    for name, model in models.items():
        try:
            read_weights(name, model)
        except CheckpointError as error:
            why[name] = str(error)
    return why


if __name__ == "__main__":
    json.dump(unreadable(TypeAdapter(dict[str, Weights]).validate_json(sys.stdin.buffer.read())), sys.stdout)
