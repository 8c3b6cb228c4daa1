"""Files of requests that members attach."""

import csv
import io
import json

from hypothesis import strategies as st

from bot.batch import read
from bot.errors import PromptError
from config.settings.painting import PaintingSettings
from tests.fuzz.prompts import TEXTS
from tests.fuzz.target import Target, as_it_is

PAINTING = PaintingSettings(steps=100)
KEYS = st.sampled_from(["prompt", "seed", "steps", "no", "size", "Prompt", "--seed", "init_weight", "sead", ""])
VALUES = TEXTS | st.integers(-1, 300) | st.floats() | st.none() | st.booleans() | st.lists(st.none(), max_size=2)


def _csv(rows: list[list[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode("utf-8", "surrogatepass")


OBJECTS = st.lists(st.dictionaries(KEYS, VALUES, max_size=4), max_size=6).map(
    lambda objects: "\n".join(map(json.dumps, objects)).encode()
)
ROWS = st.lists(KEYS, min_size=1, max_size=4).flatmap(
    lambda names: st.lists(st.lists(TEXTS, min_size=len(names), max_size=len(names)), max_size=5).map(
        lambda rows: _csv([names, *rows])
    )
)
LINES = st.lists(TEXTS, max_size=6).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass"))
DATA = OBJECTS | ROWS | LINES | st.binary(max_size=200)


def check(value: tuple[str, bytes]) -> str:
    """Check that a file is refused in a sentence, or that each of its lines is."""
    name, data = value
    try:
        batch = read(data, name, PAINTING)
    except PromptError as error:
        assert 0 < len(str(error)) < 250
        return "refused"
    read_ones, bad = [line.number for line in batch.lines], [line.number for line in batch.bad]
    assert read_ones == sorted(read_ones), "by what stands in braces one line is several"
    assert len({*bad, *read_ones}) == len(bad) + len(set(read_ones)), "a line is refused or read as a whole"
    for line in batch.bad:
        assert 0 < len(line.reason) < 250
        assert "\n" not in line.reason
    for good in batch.lines:
        assert good.arguments.request("r").prompt
    return "read" if batch.lines else "bad"


BATCHES = Target(
    st.tuples(st.sampled_from(["a.txt", "a.csv", "a.jsonl"]), DATA),
    lambda: as_it_is(check),
    frozenset({"refused", "bad", "read"}),
    examples=400,
)
