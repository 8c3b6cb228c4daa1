"""``easel doctor`` of set-ups that are broken."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from config.settings.models import ModelsSettings
from sandbox import Sandbox
from tests.easel.broken import BROKEN, Broken, SetUp
from tests.easel.processes import finish
from tests.sandbox_fixtures import description, observe, sandbox

__all__ = ["description", "observe", "sandbox"]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.breaks.__name__)
async def test_what_is_broken_is_named_with_what_to_do(
    tmp_path: Path, tiny_models: ModelsSettings, sandbox: Sandbox, broken: Broken
) -> None:
    here = SetUp(tmp_path, sandbox, tiny_models)
    with broken.breaks(here):
        code, out, err = await asyncio.to_thread(
            finish, tmp_path, "doctor", "--json", *here.settings, below=here.below, **here.environment
        )
    found = {each["name"]: each for each in json.loads(out)}
    this = found[broken.name]
    sentence = ": ".join(filter(None, [this["text"], this["advice"]]))
    assert (this["level"], re.fullmatch(broken.finding, sentence) is not None) == (broken.level, True), sentence
    errors = {name for name, each in found.items() if each["level"] == "error"}
    assert code == (78 if errors else 0), err
    # Without a driver there is no such device either.
    assert errors - {"cuda:0"} == ({broken.name} if broken.level == "error" else set()) - {"cuda:0"}
    assert sandbox.bot.token not in out + err
