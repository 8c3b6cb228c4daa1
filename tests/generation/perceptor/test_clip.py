"""How CLIP reads prompts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import ModelsSettings
from generation.checkpoints.loader import load_clip
from generation.perceptor.clip import MAX_CACHED, CLIPPerceptor

END = 49407


@pytest.fixture(scope="module")
def perceptor(tiny_models: ModelsSettings) -> CLIPPerceptor:
    return load_clip(Path(tiny_models.clip))


def length(perceptor: CLIPPerceptor, text: str) -> int:
    """Return how many tokens a text has, without start and end."""
    return int(perceptor.tokens(text)[0].argmax()) - 1


@pytest.mark.parametrize("token", ["<|endoftext|>", "<|startoftext|>", "<|EndOfText|>", "&lt;|endoftext|&gt;"])
def test_special_tokens_that_are_typed_are_text(perceptor: CLIPPerceptor, token: str) -> None:
    text = f"a red apple {token} in the snow"
    assert perceptor.cut(text) == (text, "")
    tokens = perceptor.tokens(text)
    assert int((tokens == END).sum()) == int((tokens == END - 1).sum()) == 1
    plain = [int(each) for text in ("a red apple", token, "in the snow") for each in perceptor.tokens(text)[0] if each]
    assert [each for each in plain if each < END - 1] == [int(each) for each in tokens[0] if 0 < each < END - 1]


def test_what_fits_is_read_whole(perceptor: CLIPPerceptor) -> None:
    assert perceptor.cut("red " * 75)[1] == ""
    assert length(perceptor, "red " * 75) == 75


@pytest.mark.parametrize(
    ("prompt", "left_out"),
    [
        ("red " * 75 + "Blue  Green, &amp; Café ", "Blue  Green, &amp; Café "),
        ("red " * 74 + "Wolkenkratzerfenster am Abend", "Wolkenkratzerfenster am Abend"),
        ("RED\n" * 75 + "<|endoftext|>", "<|endoftext|>"),
        ("red " * 74 + "ﬁne “quotes”", "“quotes”"),
    ],
)
def test_what_is_left_out_is_shown_as_it_was_typed(perceptor: CLIPPerceptor, prompt: str, left_out: str) -> None:
    assert perceptor.cut(prompt) == (prompt.removesuffix(left_out), left_out)


def test_a_word_without_end_is_cut_between_letters(perceptor: CLIPPerceptor) -> None:
    letters = "e\u0301" * 200
    kept, tail = perceptor.cut(f"a cat {letters} and a dog")
    assert tail.endswith("e\u0301 and a dog")
    assert tail.startswith("e\u0301")
    assert length(perceptor, kept) == 75


@given(prompt=st.text(max_size=400))
def test_the_tail_is_a_tail_and_the_rest_fits(perceptor: CLIPPerceptor, prompt: str) -> None:
    kept, left_out = perceptor.cut(prompt)
    assert kept + left_out == prompt
    assert left_out == "" or not left_out[0].isspace()
    assert int((perceptor.tokens(kept) == END).sum()) == 1
    assert perceptor.cut(kept) == (kept, "")


def test_words_are_not_remembered_without_end(perceptor: CLIPPerceptor) -> None:
    for number in range(0, 4 * MAX_CACHED, 1000):
        perceptor.tokens(
            " ".join(chr(0x4E00 + each // 200) + chr(0x4E00 + each % 200) for each in range(number, number + 1000))
        )
    assert len(perceptor._tokenizer.cache) <= MAX_CACHED + 1000
