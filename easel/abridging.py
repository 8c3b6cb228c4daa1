"""Texts abridged and prompts made up on the command line and in Python: by language models where settings name them."""

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from config.settings.texts import TextsSettings
from language.process import LanguageModels
from texts.abridgement import abridged
from texts.suggested import suggested


def abridge(text: str, count: int, settings: TextsSettings) -> list[str]:
    """Return a text in up to so many sentences: the summariser's, or else of its own.

    Raises:
        TextError: it has no words, too many, or those of a language that the model has not learnt.
        LanguageError: the model cannot be used.
    """
    own = abridged(text, count)
    if settings.summariser is None:
        return own
    models = LanguageModels(settings)
    return _run(models, models.abridged(text, count))


def suggest(words: str, seed: int, count: int, settings: TextsSettings, styles: Sequence[str]) -> list[str]:
    """Return so many prompts about some words: the author's, and where it has too few, others from lists.

    Raises:
        TextError: the words are too many, or none.
        LanguageError: the model cannot be used.
    """
    plain = suggested(words, seed, count, styles)
    if settings.author is None:
        return plain
    models = LanguageModels(settings)
    return [*_run(models, models.suggested(words, seed, count)), *plain][:count]


def _run(models: LanguageModels, job: Coroutine[Any, Any, list[str]]) -> list[str]:
    """Wait for an answer in a thread, since in a notebook a loop runs in this one."""

    async def run() -> list[str]:
        try:
            return await job
        finally:
            await models.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()
