"""A text told in fewer sentences by a model from sequence to sequence, such as BART (Lewis et al. 2020) or T5."""

import math

import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from language.folder import Folder
from language.loading import loaded
from texts.abridgement import abridged, ranks, stretches
from texts.errors import TextError
from texts.sentences import language_of, sentences

MOST_TOKENS = 1024
"""That are read at once, if the model reads as many."""
SENTENCE = 40
"""Tokens of a sentence, at most."""
LEAST_SENTENCE = 12
BEAMS = 4
NO_CHARACTER = "\N{REPLACEMENT CHARACTER}"
"""What bytes are decoded to that are none."""
SPARE = 8
"""Tokens for what stands before and behind a text."""
LEAST_BYTES = 2.5
"""Of a token on average: a tokenizer that takes more tokens has not learnt the script."""
MOST_UNKNOWN = 0.1
"""Share of the tokens."""
NOT_LEARNT = "the language model has not learnt the script of this text"
NOTHING_SAID = "the language model made no sentence of this text"


class Summariser:
    """A model that abridges.

    Args:
        folder: with it.
    """

    def __init__(self, folder: Folder) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(folder.path, local_files_only=True, trust_remote_code=False)
        self._model = loaded(AutoModelForSeq2SeqLM, folder)
        self._prefix = folder.prefix
        positions = getattr(self._model.config, "max_position_embeddings", None) or MOST_TOKENS
        own = len(self._tokenizer(folder.prefix)["input_ids"])
        self._most = min(self._tokenizer.model_max_length, positions, MOST_TOKENS) - own - SPARE

    def abridged(self, text: str, count: int) -> list[str]:
        """Return a text in up to so many sentences.

        One of no more sentences stays as it is. It is read in as many pieces of about one length as the model needs,
        one for each sentence at most. Of longer pieces those sentences are read that count most by TextRank.

        Args:
            text: of at most ``texts.sentences.MOST_CHARACTERS``.
            count: at least 1.

        Raises:
            TextError: it has no words, too many, or those of a language that the model has not learnt.
        """
        found = sentences(text)
        if len(found) <= count:
            return found
        encoded = [self._tokenizer(each, add_special_tokens=False)["input_ids"] for each in found]
        self._check(text, [token for tokens in encoded for token in tokens])
        lengths = [len(tokens) for tokens in encoded]
        pieces = min(count, len(found), math.ceil(sum(lengths) / self._most))
        ranked = ranks(found)
        each = math.ceil(count / pieces)
        told = []
        for stretch in stretches(found, pieces):
            left, read = self._most, []
            for place in sorted(stretch, key=lambda place: -ranked[place]):
                if lengths[place] <= left:
                    left -= lengths[place]
                    read.append(place)
            told.append(self._told(" ".join(found[place] for place in sorted(read)), each))
        try:
            return abridged("\n\n".join(told), count)
        except TextError:
            raise TextError(NOTHING_SAID) from None

    def _check(self, text: str, tokens: list[int]) -> None:
        unknown = tokens.count(self._tokenizer.unk_token_id) if self._tokenizer.unk_token_id is not None else 0
        is_short = language_of(text) != "en" and len(text.encode()) < LEAST_BYTES * len(tokens)
        if is_short or unknown > MOST_UNKNOWN * len(tokens):
            raise TextError(NOT_LEARNT)

    @torch.inference_mode()
    def _told(self, text: str, count: int) -> str:
        inputs = self._tokenizer(
            self._prefix + text, return_tensors="pt", truncation=True, max_length=self._most + SPARE
        )
        (tokens,) = self._model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            num_beams=BEAMS,
            no_repeat_ngram_size=3,
            min_new_tokens=LEAST_SENTENCE * count,
            max_new_tokens=SENTENCE * count,
            do_sample=False,
        )
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True)).replace(NO_CHARACTER, "")
