"""Language models by the command line: a story's sentences, prompts, and what the examination says of them."""

from pathlib import Path

import pytest

from config.settings.texts import TextsSettings
from easel.doctor.texts import examine_texts
from tests.easel.conftest import Easel
from tests.language.conftest import TEXT, make_author, make_bart


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a BART and a GPT-2."""
    root = tmp_path_factory.mktemp("models")
    return make_bart(root / "bart"), make_author(root / "author")


def test_a_story_is_abridged_by_a_model(easel: Easel, tmp_path: Path, folders: tuple[Path, Path]) -> None:
    (tmp_path / "tale.txt").write_text("\n\n".join(TEXT), "utf-8")
    words = ["story", "tale.txt", "--abridge-only", "--sentences", "2"]
    own = easel(*words)[1]
    code, out, _ = easel(*words, "--summariser", str(folders[0]))
    assert code == 0
    assert 1 <= len(out.splitlines()) <= 2
    assert out != own
    code, out, err = easel(*words, "--summariser", str(folders[1]))
    assert (code, out) == (78, "")
    assert "is GPT2LMHeadModel, and a model from sequence to sequence" in " ".join(err.split())
    (tmp_path / "tale.txt").write_text("Жила-была лиса. И была она хитрая. Жил и волк. " * 4, "utf-8")
    code, _, err = easel(*words, "--summariser", str(folders[0]))
    assert code == 2
    assert "has not learnt the script of this text" in " ".join(err.replace("│", " ").split())


def test_prompts_are_made_up_by_a_model(easel: Easel, folders: tuple[Path, Path]) -> None:
    words = ["suggest", "fox", "--count", "3", "--seed", "7"]
    code, out, _ = easel(*words, "--author", str(folders[1]))
    assert code == 0
    assert len(out.splitlines()) == 3
    assert out != easel(*words)[1]
    code, _, err = easel(*words, "--author", "nobody/nothing")
    assert code == 78
    assert "hf download nobody/nothing" in " ".join(err.split())


async def test_they_are_examined(folders: tuple[Path, Path]) -> None:
    settings = TextsSettings(summariser=str(folders[0]), author="nobody/nothing", megabytes=2000)
    first, second = await examine_texts(settings)
    assert (first.name, first.level) == ("summariser", "ok")
    assert (second.name, second.level) == ("author", "warning")
    assert await examine_texts(TextsSettings()) == []
