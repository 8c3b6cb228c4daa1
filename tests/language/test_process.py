"""Language models in their process: what they answer, what is refused, and how it ends."""

import asyncio
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from config.settings.texts import TextsSettings
from language import process
from language.errors import LanguageError
from language.process import LanguageModels
from tests.language.conftest import TEXT, changed
from texts.abridgement import edited
from texts.errors import TextError
from texts.sentences import LONGEST

LONG = "\n\n".join(TEXT) * 4
RUSSIAN = "Жила-была лиса, и была она очень хитрая. " * 30


def models(**settings: object) -> LanguageModels:
    return LanguageModels(TextsSettings.model_validate({"megabytes": 2000, **settings}))


async def test_a_text_is_abridged(summariser: Path, other_summariser: Path) -> None:
    own = models()
    try:
        for folder in (summariser, other_summariser):
            own.settings = TextsSettings(summariser=str(folder), megabytes=2000)
            await _abridges(own)
    finally:
        await own.close()


async def _abridges(own: LanguageModels, count: int = 5) -> None:
    assert len(await own.abridged(LONG, 1)) == 1
    found = await own.abridged(LONG, count)
    assert 1 <= len(found) <= count
    assert edited("\n".join(found)) == found
    assert all(len(each) <= LONGEST for each in found)
    assert await own.abridged(LONG, count) == found
    assert await own.abridged("A fox. A hen.", 5) == ["A fox.", "A hen."]
    for text, sentence in [(RUSSIAN, "has not learnt the script"), ("?!", "no words"), ("a" * 100_001, "more than")]:
        with pytest.raises(TextError, match=sentence):
            await own.abridged(text, count)


async def test_prompts_are_made_up(author: Path) -> None:
    own = models(author=str(author))
    try:
        found = await own.suggested("old clock", 7, 4)
        assert len(set(found)) == len(found) <= 4
        assert found == await own.suggested("old clock", 7, 4)
        assert found != await own.suggested("old clock", 8, 4)
        assert await own.suggested("", 7, 1)
        assert await own.suggested("word " * 60, 7, 1)
    finally:
        await own.close()


async def test_models_that_are_refused(summariser: Path, author: Path, tmp_path: Path) -> None:
    changes: list[tuple[dict[str, object], str]] = [
        ({"auto_map": {"AutoModel": "a.b"}}, "needs code of its own"),
        ({"architectures": ["BertForMaskedLM"]}, "is BertForMaskedLM, and a model from sequence"),
        ({"architectures": None}, "is of no known kind"),
        ({"d_model": 10**6}, "cannot be used|needs more memory"),
    ]
    wanted = {
        str(author): "is GPT2LMHeadModel, and a model from sequence to sequence",
        str(tmp_path): "has no config.json",
        "nobody/nothing": "hf download nobody/nothing",
        "../x y": "no name of a model",
    }
    for number, (change, sentence) in enumerate(changes):
        folder = tmp_path / f"{number}"
        shutil.copytree(summariser, folder)
        changed(folder, **change)
        wanted[str(folder)] = sentence
    for name in ("pickled", "empty"):
        shutil.copytree(summariser, tmp_path / name)
    (tmp_path / "pickled" / "model.safetensors").rename(tmp_path / "pickled" / "pytorch_model.bin")
    wanted[str(tmp_path / "pickled")] = "has its weights as pickles"
    (tmp_path / "empty" / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    wanted[str(tmp_path / "empty")] = "is damaged: .* is missing in its weights"
    own = models()
    try:
        for name, sentence in wanted.items():
            own.settings = TextsSettings(summariser=name, megabytes=2000)
            with pytest.raises(LanguageError, match=sentence):
                await own.abridged(LONG, 2)
        own.settings = TextsSettings(summariser=str(summariser), megabytes=2000)
        assert await own.abridged(LONG, 2)
    finally:
        await own.close()


async def test_bounds_of_time_and_memory(summariser: Path) -> None:
    slow = models(summariser=str(summariser), seconds=0.05)
    with pytest.raises(LanguageError, match="within 0 seconds"):
        await slow.abridged(LONG, 2)
    assert slow._process is None
    small = models(summariser=str(summariser), megabytes=200)
    with pytest.raises(LanguageError, match="megabytes"):
        await small.abridged(LONG, 2)
    await small.close()


async def test_many_at_once_are_refused(monkeypatch: pytest.MonkeyPatch, author: Path) -> None:
    monkeypatch.setattr(process, "MOST_WAITING", 1)
    own = models(author=str(author))
    try:
        found = await asyncio.gather(*(own.suggested("fox", 1, 1) for _ in range(4)), return_exceptions=True)
    finally:
        await own.close()
    assert [isinstance(each, LanguageError) for each in found] == [False, False, True, True]


async def test_it_ends_with_its_parent_and_when_it_has_nothing_to_do(
    author: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = models(author=str(author))
    await own.suggested("fox", 1, 1)
    assert own._process is not None
    environment = await asyncio.to_thread(Path(f"/proc/{own._process.pid}/environ").read_bytes)
    assert b"EASEL_" not in environment
    assert b"HF_HUB_OFFLINE=1" in environment
    running = own._process
    monkeypatch.setattr(process, "IDLE_SECONDS", 0.0)
    await own.suggested("fox", 1, 1)
    assert await asyncio.wait_for(running.wait(), 30) == 0
    await own.suggested("fox", 1, 1)
    await own.close()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[asyncio.subprocess.Process]:
    """Let processes never answer, and give each that is started."""
    noted: asyncio.Queue[asyncio.subprocess.Process] = asyncio.Queue()
    start = asyncio.create_subprocess_exec

    async def note(*words: str, **options: Any) -> asyncio.subprocess.Process:
        own = await start(*words, **options)
        noted.put_nowait(own)
        return own

    monkeypatch.setattr(asyncio, "create_subprocess_exec", note)
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    return noted


async def test_however_often_it_is_cancelled_the_process_is_gone(
    started: asyncio.Queue[asyncio.subprocess.Process],
) -> None:
    task = asyncio.create_task(models(author="none").suggested("fox", 1, 1))
    running = await started.get()
    while not task.done():
        task.cancel()
        await asyncio.sleep(0)
    assert task.cancelled()
    assert running.returncode == -signal.SIGKILL


async def test_it_can_be_closed_amid_a_job(started: asyncio.Queue[asyncio.subprocess.Process]) -> None:
    own = models(author="none")
    task = asyncio.create_task(own.suggested("fox", 1, 1))
    running = await started.get()
    while own._process is None:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await own.close()
    assert running.returncode == -signal.SIGKILL
    with pytest.raises(LanguageError, match="ended without an answer"):
        await task
