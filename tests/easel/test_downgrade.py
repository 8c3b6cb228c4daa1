"""``easel downgrade`` as its users type it."""

import asyncio
from pathlib import Path

import pytest

from config.layers import load
from store.inspection import inspect
from store.revisions import revisions
from tests.easel.processes import finish
from tests.store.conftest import Place, a_note, a_record


async def fill(place: Place) -> None:
    async with place.journal() as journal:
        await journal.accept([a_record().request], [a_note()])


def revision(folder: Path) -> str | None:
    return asyncio.run(inspect(load(environment={}, arguments=[f"data_dir={folder}"]))).revision


def test_one_step_back(tmp_path: Path) -> None:
    asyncio.run(fill(Place(f"sqlite:///{tmp_path}/easel.db", tmp_path)))
    here = f"data_dir={tmp_path}"
    code, out, err = finish(tmp_path, "downgrade", "0003", here)
    assert (code, out) == (0, "0003\n")
    assert err.startswith("easel: requests that have not ended: 1; ")
    assert revision(tmp_path) == "0003"
    code, out, err = finish(tmp_path, "logs", "r0", here)
    assert (code, out) == (78, "")
    assert err.endswith(f"is at revision 0003, and the next start of the bot brings it to {revisions()[-1]}.\n")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("0003", "easel: There is no database {0}/easel.db.\n"),
        ("head", f"easel: There is no revision head; there are {', '.join(revisions())}.\n"),
    ],
)
def test_nothing_to_bring_back(tmp_path: Path, name: str, line: str) -> None:
    assert finish(tmp_path, "downgrade", name, f"data_dir={tmp_path}") == (78, "", line.format(tmp_path))
