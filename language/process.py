"""The process that runs language models: started when it is needed, and ended when nothing was for a while.

A job is a line of JSON to its standard input, and the answer a line of its standard output. It has bounds of time and
memory, the environment without our settings, and no way to a network; it ends with this process.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from typing import Any, Literal

from config.settings.texts import TextsSettings
from language.errors import LanguageError
from texts.errors import TextError

Task = Literal["abridge", "suggest"]

COMMAND = (sys.executable, "-m", "language")
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_WAIT_POLICY": "PASSIVE",
}
SETTINGS = "EASEL_"
"""With which the names of our settings begin, the token among them."""
IDLE_SECONDS = 300.0
"""After which a process that had no job gives its memory back."""
GOING_SECONDS = 30.0
"""For which is waited at most until a process that was killed has gone."""
LONGEST_ANSWER = 1 << 20
"""Bytes of a line."""
NO_ANSWER = "gave no answer within {0:.0f} seconds: texts.seconds allows more, and smaller models are quicker"
MOST_WAITING = 8
"""Jobs behind the one that is done."""
BUSY = "has more to do than it can: texts of others are being told"
ENDED = "ended without an answer, as it does where texts.megabytes is too little for the model"


class LanguageModels:
    """The models that the settings name, in one process for all jobs, which takes one after the other.

    Args:
        settings: which models, and their bounds.
    """

    def __init__(self, settings: TextsSettings) -> None:
        self.settings = settings
        self._turn = asyncio.Lock()
        self._jobs = 0
        self._process: asyncio.subprocess.Process | None = None
        self._ending: asyncio.TimerHandle | None = None

    async def abridged(self, text: str, count: int) -> list[str]:
        """Return a text in up to so many sentences of the summariser's own.

        Raises:
            TextError: it has no words, too many, or those of a language that the model has not learnt.
            LanguageError: the model cannot be used.
        """
        return await self._ask("abridge", self.settings.summariser, {"text": text, "count": count})

    async def suggested(self, words: str, seed: int, count: int) -> list[str]:
        """Return up to so many prompts about some words, made up by the author; with one seed the same.

        Raises:
            LanguageError: the model cannot be used.
        """
        return await self._ask("suggest", self.settings.author, {"words": words, "seed": seed, "count": count})

    async def close(self) -> None:
        """End the process, if there is one, also amid a job, which then has no answer."""
        process, self._process = self._process, None
        if self._ending is not None:
            self._ending.cancel()
        if process is None:
            return
        try:
            if process.returncode is None:
                process.kill()
                await _gone(process)
        finally:
            # Where this is cancelled, the pipes would be left to after the loop.
            process._transport.close()  # type: ignore[attr-defined]

    async def _ask(self, task: Task, model: str | None, job: Mapping[str, Any]) -> list[str]:
        if model is None:
            raise LanguageError(f"There is no model to {task}: texts.summariser and texts.author name them.")
        if self._jobs > MOST_WAITING:
            raise LanguageError(f"{model} {BUSY}.")
        asked = {"task": task, "model": model, "megabytes": self.settings.megabytes, **job}
        self._jobs += 1
        try:
            async with asyncio.timeout(self.settings.seconds), self._turn:
                answer = await self._answer(json.dumps(asked).encode())
        except TimeoutError:
            raise LanguageError(f"{model} {NO_ANSWER.format(self.settings.seconds)}.") from None
        finally:
            self._jobs -= 1
        if answer is None:
            raise LanguageError(f"{model} {ENDED}.")
        if "refused" in answer:
            raise TextError(answer["refused"])
        if "unusable" in answer:
            raise LanguageError(f"{model} {answer['unusable']}.")
        lines: list[str] = answer["lines"]
        return lines

    async def _answer(self, job: bytes) -> dict[str, Any] | None:
        """Return what the process answers; None where it ended. It is gone where this is cut short."""
        if self._ending is not None:
            self._ending.cancel()
        try:
            if self._process is None:
                self._process = await self._started()
            stdin, stdout = self._process.stdin, self._process.stdout
            assert stdin is not None
            assert stdout is not None
            stdin.write(job + b"\n")
            line = await stdout.readline()
            answer: dict[str, Any] | None = json.loads(line) if line else None
        except BaseException:
            await self.close()
            raise
        if answer is None:
            await self.close()
        else:
            loop = asyncio.get_running_loop()
            self._ending = loop.call_later(IDLE_SECONDS, self._give_back)
        return answer

    async def _started(self) -> asyncio.subprocess.Process:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        return await asyncio.create_subprocess_exec(
            *COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment | ENVIRONMENT,
            process_group=0,
            limit=LONGEST_ANSWER,
        )

    def _give_back(self) -> None:
        """Let the process end by itself: at the end of its input."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()


async def _gone(process: asyncio.subprocess.Process) -> None:
    """Wait until a process that was killed has gone, which is soon, however often this is cancelled meanwhile."""
    cancelled: asyncio.CancelledError | None = None
    deadline = asyncio.get_running_loop().time() + GOING_SECONDS
    while process.returncode is None and asyncio.get_running_loop().time() < deadline:
        try:
            # Not by what is left in its output, which a job may still be reading.
            await asyncio.wait_for(process.wait(), 1.0)
        except TimeoutError:
            continue
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
