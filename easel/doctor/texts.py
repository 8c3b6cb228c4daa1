"""The language models: each does a small job in the process that the bot would start."""

import time

from config.settings.texts import TextsSettings
from easel.doctor.finding import Finding
from language.errors import LanguageError
from language.process import LanguageModels
from texts.errors import TextError

TEXT = "A fox lived in a wood. It was red. One day it met a hen. They talked until the moon rose. Then both went home."
COUNT = 2
"""Sentences, and prompts."""


async def examine_texts(settings: TextsSettings) -> list[Finding]:
    """Say of each language model that is named whether it answers, and how soon; nothing where none is."""
    models = LanguageModels(settings)
    found = []
    try:
        for name, model in (("summariser", settings.summariser), ("author", settings.author)):
            if model is None:
                continue
            began = time.monotonic()
            try:
                await (models.abridged(TEXT, COUNT) if name == "summariser" else models.suggested("fox", 1, COUNT))
            except LanguageError as error:
                advice = f"texts.{name} names it; without it Easel's own way is taken"
                found.append(Finding(name, "warning", str(error), advice))
            except TextError as error:
                found.append(Finding(name, "warning", f"{model}: {error}"))
            else:
                took = time.monotonic() - began
                found.append(Finding(name, "ok", f"{model}, loaded and answered in {took:.1f} s"))
    finally:
        await models.close()
    return found
