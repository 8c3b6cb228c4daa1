"""Prompts made up by a causal language model from a few examples, as people had GPT-J do it (Brown et al. 2020)."""

import random

import regex
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from language.folder import Folder
from language.loading import loaded
from texts.sentences import EDGES, LETTER, shortened
from texts.suggested import SUBJECTS

TASK = "Descriptions of pictures to be painted, each about the words before it.\n"
EXAMPLES = (
    ("castle", "a ruined castle above a sea of clouds, the last light of the day, matte painting"),
    ("old clock", "an old clock overgrown with roses in an abandoned station, watercolour"),
    ("fox", "a fox that reads a letter by lamplight, snow outside of the window, woodcut"),
    ("city of the future", "a city of glass towers and hanging gardens in the rain, neon lights, concept art"),
    ("whale", "a whale that swims between the stars, deep blue and gold, ink drawing"),
    ("grandmother", "a grandmother who knits a scarf as long as the street, soft morning light, oil painting"),
)
TOKENS = 48
"""Of a prompt, at most."""
LONGEST = 200
"""Characters of a prompt."""
TRIES = 2
"""Prompts that are made up for each that is wanted: some are alike, or empty."""
TEMPERATURE, TOP_P = 0.9, 0.95
UNSEEN = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}\p{Co}�]+")
QUOTES = "\"'“”‘’`*"


class Author:
    """A model that makes up prompts.

    Args:
        folder: with it.
    """

    def __init__(self, folder: Folder) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(folder.path, local_files_only=True, trust_remote_code=False)
        self._model = loaded(AutoModelForCausalLM, folder)

    @torch.inference_mode()
    def suggested(self, words: str, seed: int, count: int) -> list[str]:
        """Return up to so many prompts, which may be fewer.

        Args:
            words: what they are about, at most ``texts.suggested.LONGEST`` characters; ``""`` for anything.
            seed: of what is drawn.
            count: at least 1.
        """
        about = " ".join(words.split()) or random.Random(seed).choice(SUBJECTS)  # noqa: S311 - it is to be repeated
        shown = [*EXAMPLES, (about, "")]
        asked = TASK + "\n".join(f"Words: {own}\nPicture: {prompt}" for own, prompt in shown).rstrip()
        positions = getattr(self._model.config, "max_position_embeddings", None) or self._tokenizer.model_max_length
        self._tokenizer.truncation_side = "left"
        inputs = self._tokenizer(asked, return_tensors="pt", truncation=True, max_length=max(1, positions - TOKENS))
        torch.manual_seed(seed)
        made = self._model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            num_return_sequences=TRIES * count,
            max_new_tokens=TOKENS,
            do_sample=True,
            temperature=TEMPERATURE,
            top_p=TOP_P,
            pad_token_id=self._tokenizer.eos_token_id or 0,
        )
        texts = self._tokenizer.batch_decode(made[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        return list(dict.fromkeys(filter(None, map(first_line, texts))))[:count]


def first_line(text: str) -> str:
    """Return the prompt at the beginning of what a model said, ``""`` where there is none."""
    line = next((line for line in text.splitlines() if line.strip()), "").partition("Words:")[0]
    line = " ".join(UNSEEN.sub(" ", line).split()).strip(QUOTES + EDGES)
    return shortened(line, LONGEST) if LETTER.search(line) else ""
