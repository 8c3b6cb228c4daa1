"""What is whole, damaged: texts, bytes, and values of JSON."""

import json
import struct
from collections.abc import Iterator
from random import Random
from typing import Any

ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.0, 1.5, 2**31, 2**63, -(2**63) - 1, 2**64, 10**30, 10**4000),
    *(float("inf"), float("nan")),
    *("", " ", "0", "1", "true", "x" * 26, "x" * 7000, "\0", "\ud800", "\u202e", "é", "❤️", "1" * 5000, "2020-01-01"),
    *([], [[]], [None], [1] * 30, ["x", "x"], {}, {"": ""}, {"a": {}}, {"id": 1}, [{"id": "0"}] * 12),
]
"""Values of JSON, and two that are none."""
LENGTHS = (0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63, 2**64 - 1)


def mutated(random: Random, value: Any) -> Any:
    """Return a value of JSON with something in it that is odd, gone, doubled or of another place."""
    value = json.loads(json.dumps(value))
    parents = [each for each in walk(value) if each]
    if not parents or random.random() < 0.1:
        return random.choice(ODD)
    parent = random.choice(parents)
    key = random.choice(list(parent) if isinstance(parent, dict) else range(len(parent)))
    match random.randrange(5):
        case 0:
            del parent[key]
        case 1 if isinstance(parent, list):
            parent.extend([parent[key]] * random.choice([1, 30, 150]))
        case _:
            parent[key] = random.choice(ODD)
    return value


def walk(value: Any) -> Iterator[Any]:
    """Yield the lists and the dicts in a value, itself among them."""
    if isinstance(value, dict | list):
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from walk(each)


def damaged(random: Random, whole: bytes) -> bytes:
    """Return bytes with some that are others, gone or new, or make an odd length."""
    found = bytearray(whole)
    for _ in range(random.choice((1, 1, 2, 8))):
        place = random.randrange(len(found) or 1)
        match random.randrange(4):
            case 0:
                found[place : place + 1] = bytes([random.randrange(256)])
            case 1:
                del found[place : place + random.randrange(1, 64)]
            case 2:
                found[place:place] = random.randbytes(random.randrange(1, 16))
            case _:
                width, kind = random.choice(((8, "<Q"), (8, ">Q"), (4, "<I"), (4, ">I")))
                found[place : place + width] = struct.pack(kind, random.choice(LENGTHS) % 256**width)
    return bytes(found)


def shuffled(random: Random, parts: list[bytes]) -> list[bytes]:
    """Return parts of which one or a few are gone, doubled or in another place."""
    parts = list(parts)
    for _ in range(random.choice((1, 1, 2, 5))):
        place = random.randrange(len(parts) or 1)
        start = random.randrange(len(parts) or 1)
        some = parts[start : start + random.choice((1, 1, 3, 10))]
        match random.randrange(3):
            case 0:
                del parts[place : place + 1]
            case 1:
                parts[place:place] = some
            case _:
                parts[place : place + 1] = some
    return parts
