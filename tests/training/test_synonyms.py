import torch

from generation.models.upstream import SimpleTokenizer
from training.synonyms import ASSOCIATIONS, SYNONYMS, lend


def test_synonyms_without_meaning_get_that_of_their_word() -> None:
    tokenizer = SimpleTokenizer()
    (fish,), (goldfish,), (trout,) = (tokenizer.encode(word) for word in ("fish", "goldfish", "trout"))
    embedding = torch.zeros(49408, 2)
    embedding[fish], embedding[trout] = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    lend(embedding)
    assert embedding[goldfish].tolist() == [1.0, 2.0]
    assert embedding[trout].tolist() == [3.0, 4.0]
    assert embedding.any(1).sum() == 2 + len(SYNONYMS["fish"]) - 1


def test_each_synonym_is_of_one_word() -> None:
    synonyms = [word for several in (*SYNONYMS.values(), *ASSOCIATIONS.values()) for word in several]
    assert len(set(synonyms)) == len(synonyms)
    assert not set(synonyms) & {*SYNONYMS, *ASSOCIATIONS}


def test_ideas_are_read_as_what_stands_for_them() -> None:
    tokenizer = SimpleTokenizer()
    embedding = torch.zeros(49408, 2)
    for number, word in enumerate(ASSOCIATIONS, 1):
        embedding[tokenizer.encode(word)[0]] = number
    lend(embedding)
    assert torch.equal(embedding[tokenizer.encode("beethoven")[0]], embedding[tokenizer.encode("piano")[0]])
    assert torch.equal(embedding[tokenizer.encode("quantum")[0]], embedding[tokenizer.encode("space")[0]])
