"""What happens when: drawn from a seed alone, so that the seed repeats it."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

REQUESTS_PER_SECOND = 200 / 600
LEAST_REQUESTS = 20
FAULT_SECONDS = 5.0
"""From one fault to the next, on average."""
WHO = ("Ada", "Moritz", "Mia", "Noor")
WHERE = ("art", "art", "art", "general", "general", "private")
THINGS = ("a red apple", "a blue boat", "a green hill", "a white owl", "two foxes")
STEPS = (5, 10, 20, 20, 60)
"""Of the tiny models; 20 take about a second on two busy cores."""
What = Literal["edit", "delete", "cancel", "remove"]
CHANGES: tuple[What, ...] = ("edit", "delete", "cancel", "remove")
CHANGED = 0.3
"""The share of requests about which their member, or a moderator, does something more."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A member asks for a picture.

    Args:
        at: seconds from the start.
        number: of the request; no two prompts are the same.
        who: asks.
        where: the name of a channel, or ``private``.
        thing: to be painted.
        steps: of painting.
    """

    at: float
    number: int
    who: str
    where: str
    thing: str
    steps: int

    def prompt(self, *, edited: bool) -> str:
        """Return what is asked for, at first or after the edit."""
        return f"{self.thing} q{self.number}{'e' if edited else ''}"

    def text(self, *, edited: bool) -> str:
        """Return what is typed."""
        return f".imagine {self.prompt(edited=edited)} --size 64x64 --steps {self.steps} --seed {self.number}"


@dataclass(frozen=True, slots=True)
class Change:
    """Something is done about a request: its message is edited or deleted, it is cancelled, or the bot's post removed.

    Args:
        at: seconds from the start.
        number: of the request.
        what: is done.
    """

    at: float
    number: int
    what: What


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault.

    Args:
        at: seconds from the start, to which comes what the faults before have taken.
        kind: of fault.
        luck: from 0 to 1, by which the fault chooses what it leaves open.
    """

    at: float
    kind: str
    luck: float


@dataclass(frozen=True, slots=True)
class Mix:
    """All that happens, in the order of time."""

    asks: tuple[Ask, ...]
    changes: tuple[Change, ...]
    troubles: tuple[Trouble, ...]


def drawn(seed: int, seconds: float, kinds: Sequence[str]) -> Mix:
    """Return what happens in so many seconds.

    Args:
        seed: of the draw.
        seconds: for all of it.
        kinds: of fault; each comes once before one comes again.
    """
    chance = random.Random(seed)
    asks = tuple(_asks(chance, seconds))
    changes = sorted(_changes(chance, asks, seconds), key=lambda change: change.at)
    return Mix(asks, tuple(changes), tuple(_troubles(chance, seconds, kinds)))


def _asks(chance: random.Random, seconds: float) -> Iterator[Ask]:
    count = max(LEAST_REQUESTS, round(seconds * REQUESTS_PER_SECOND))
    for number, at in enumerate(sorted(chance.uniform(0.0, seconds) for _ in range(count))):
        yield Ask(at, number, chance.choice(WHO), chance.choice(WHERE), chance.choice(THINGS), chance.choice(STEPS))


def _changes(chance: random.Random, asks: Sequence[Ask], seconds: float) -> Iterator[Change]:
    for ask in asks:
        if chance.random() < CHANGED:
            at = min(seconds, ask.at + chance.choice((0.0, 0.5, 2.0, 8.0)) + chance.random())
            # In private there are no moderators.
            kinds = CHANGES[:3] if ask.where == "private" else CHANGES
            yield Change(at, ask.number, chance.choice(kinds))


def _troubles(chance: random.Random, seconds: float, kinds: Sequence[str]) -> Iterator[Trouble]:
    deck: list[str] = []
    for number in range(int(seconds / FAULT_SECONDS)):
        if not deck:
            deck = chance.sample(kinds, len(kinds))
        yield Trouble((number + chance.random()) * FAULT_SECONDS, deck.pop(), chance.random())
