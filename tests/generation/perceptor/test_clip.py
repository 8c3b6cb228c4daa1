"""How CLIP reads prompts."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import load_clip
from generation.perceptor.clip import MAX_CACHED, CLIPPerceptor
from generation.perceptor.pieces import pieces
from generation.targets import Target

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


def test_a_text_that_is_read_at_once_is_encoded_as_ever(perceptor: CLIPPerceptor) -> None:
    texts = ["a red apple", "the sea"]
    for long in ("join", "cut"):
        assert torch.equal(perceptor.encode_targets([*map(Target, texts)], long), perceptor.encode_texts(texts))


def test_a_longer_one_is_the_mean_of_its_pieces_each_as_often_as_it_has_tokens(perceptor: CLIPPerceptor) -> None:
    first, last = "red " * 70 + "apples.", "A dog and a cat."
    one, two = perceptor.encode_texts([first, last])
    mean = 72 * one + 6 * two
    short, joined = perceptor.encode_targets([Target("the sea"), Target(f"{first} {last}")], "join")
    assert torch.allclose(joined, mean / mean.norm(), atol=1e-5)
    assert torch.allclose(short, perceptor.encode_texts(["the sea"])[0], atol=1e-5)


def test_noise_is_a_direction_of_its_own_for_each_seed(perceptor: CLIPPerceptor) -> None:
    targets = Target("a cat"), Target(noise=7), Target("the sea"), Target(noise=8), Target(noise=7)
    cat, seven, sea, eight, again = perceptor.encode_targets(targets, "join")
    assert torch.equal(torch.stack([cat, sea]), perceptor.encode_texts(["a cat", "the sea"]))
    assert torch.equal(seven, again)
    assert not torch.equal(seven, eight)
    assert float(seven.norm()) == pytest.approx(1)


def test_one_that_is_cut_is_its_beginning(perceptor: CLIPPerceptor) -> None:
    long = Target("red " * 75 + "A dog and a cat.")
    assert torch.equal(perceptor.encode_targets([long], "cut"), perceptor.encode_texts(["red " * 75]))
    assert perceptor.left_out([Target("a"), long], "cut") == "A dog and a cat."
    assert perceptor.left_out([Target("a"), long], "join") == ""


@given(text=st.text(max_size=600) | st.text("ab. ,\u0301\u200d🦊", max_size=900))
def test_pieces_are_read_at_once_and_make_up_the_text(perceptor: CLIPPerceptor, text: str) -> None:
    found = pieces(text, perceptor.cut)
    assert len(found) >= 1
    assert all(perceptor.cut(piece) == (piece, "") for piece in found)
    assert len(found) > 1 or perceptor.cut(text)[1] == "" or not found[0]


def test_a_prompt_that_comes_again_is_not_read_again(perceptor: CLIPPerceptor, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    encode = perceptor.encode_text

    def noted(tokens: torch.Tensor) -> torch.Tensor:
        read.append(len(tokens))
        return encode(tokens)

    monkeypatch.setattr(perceptor, "encode_text", noted)
    monkeypatch.setattr("generation.perceptor.clip.MAX_ENCODED", 2)
    perceptor._encoded.clear()
    first = perceptor.encode_texts(["a tree", "a house"])
    assert torch.equal(perceptor.encode_texts(["a tree", "a house"]), first)
    assert read == [2]
    for text in ("two trees", "three trees"):
        perceptor.encode_texts([text])
    assert list(perceptor._encoded) == [("two trees",), ("three trees",)]
