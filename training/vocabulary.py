"""What the pocket models know, in words and pictures: the page `docs/pocket.md`."""

from collections.abc import Iterator
from pathlib import Path

import torch

from generation.checkpoints.loader import load_models
from generation.request import ImagineRequest
from generation.worker.build import engine_for
from training.drawings.animals import ANIMALS
from training.drawings.colors import COLORS, SYNONYMS
from training.drawings.food import FOOD
from training.drawings.glyphs import AROUND, BEASTS, GEAR, MEALS, PEOPLE
from training.drawings.objects import OBJECTS, SHAPES
from training.drawings.outdoors import OUTDOORS
from training.drawings.patterns import PATTERNS
from training.drawings.scenery import GROUNDS, TIMES
from training.drawings.styles import STYLES
from training.drawings.thing import Thing
from training.drawings.wording import article
from training.sheet import sheet
from training.synonyms import ASSOCIATIONS
from training.synonyms import SYNONYMS as OTHER_WORDS

SEED = 1
SIDE = 128
STEPS = 30
BATCH = 4  # painted at once
COLUMNS = 12

KINDS: dict[str, tuple[Thing, ...]] = {
    "Animals": (*BEASTS, *ANIMALS),
    "People and beings": PEOPLE,
    "Food": (*FOOD, *MEALS),
    "Things": (*OBJECTS, *GEAR),
    "Outdoors, buildings, vehicles, the sky": (*OUTDOORS, *AROUND),
    "Shapes": SHAPES,
}
COUNTS = {
    "two": "two apples",
    "three": "three balloons",
    "four": "four stars",
    "five": "five ducks",
    "many": "many flowers",
    "and": "a cat and a dog",
    "next to": "an apple next to a banana",
    "above": "a star above a house",
    "under": "a ball under a chair",
    "inside": "a circle inside a square",
}

HEAD = """# What the pocket models know

Easel paints out of the box with small networks that learnt from nothing but drawings of its own. They know the
words below and no others. A word that they never met has no meaning to them: the rest of the prompt is painted, and of
nothing but such words they make something or other.

Ask for **one thing, its colour, where it is and when**: `a red sailboat on the sea at sunset`. A style goes behind a
comma: `a castle on a green hill, woodblock print`. It is day unless you say otherwise. Words in brackets mean the same
as the one before them. Each picture is the first that came, of its word and nothing else, with seed 1.

![Sixty prompts, one seed each, none picked](images/pocket.webp)
"""


def page() -> str:
    """Return the page in Markdown."""
    parts = [HEAD]
    for title, things in KINDS.items():
        named: dict[str, list[str]] = {}
        for thing in things:
            known = named.setdefault(thing.name, [])
            known += [name for name in thing.names[1:] if name not in known]
        words = [f"{name} ({', '.join(others)})" if others else name for name, others in sorted(named.items())]
        parts.append(_section(title, ", ".join(words)))
    colors = [f"{name} ({', '.join(SYNONYMS[name])})" if name in SYNONYMS else name for name in COLORS]
    parts.append(_section("Colours", ", ".join(colors)))
    parts.append(_section("Places", f"{_phrases(GROUNDS)}; in space, under water, on a table, on any colour"))
    parts.append(_section("Times and weather", _phrases(TIMES)))
    parts.append(_section("How many and where", ", ".join(COUNTS)))
    styles = "\n".join(f"- {', '.join(way.format('a castle') for way in ways)}" for _, ways in STYLES.values())
    parts.append(_section("Styles", styles))
    parts.append(_section("Patterns", ", ".join(PATTERNS)))
    parts.append(
        f"## Other words\n\nWhat stands before a colon is read as the word behind it.\n\n{_read_as(OTHER_WORDS)}\n"
    )
    parts.append(
        "## Moods, arts and ideas\n\nNo picture shows *music* or *love* itself. These are read as a thing or a place "
        f"that stands for them.\n\n{_read_as(ASSOCIATIONS)}\n"
    )
    return "\n".join(parts)


def samples() -> dict[str, dict[str, str]]:
    """Return what is painted for each section: a prompt for each word."""
    return {
        **{
            title: {name: article(name) for name in sorted({t.name for t in things})} for title, things in KINDS.items()
        },
        "Colours": {name: f"{article(name)} flower" for name in COLORS},
        "Places": {phrases[0]: phrases[0] for phrases in GROUNDS.values()},
        "Times and weather": {phrases[0]: f"a green meadow {phrases[0]}" for phrases in TIMES.values()},
        "How many and where": dict(zip(COUNTS.values(), COUNTS.values(), strict=True)),
        "Styles": {name: ways[0].format("a castle") for name, (_, ways) in STYLES.items()},
        "Patterns": {name: _of(ways[0]) for name, (_, ways) in PATTERNS.items()},
    }


def paint(prompts: list[str], vqgan: str, clip: str, device: torch.device) -> Iterator[torch.Tensor]:
    """Paint each prompt once, in order, ``[3, SIDE, SIDE]`` in [0, 1]."""
    models = load_models(vqgan, clip, device)
    engine = engine_for(models, device)
    for first in range(0, len(prompts), BATCH):
        for prompt in prompts[first : first + BATCH]:
            engine.add_request(ImagineRequest(prompt, prompt, SEED, SIDE, SIDE, STEPS))
        done: dict[str, torch.Tensor] = {}
        while len(engine):
            for painting in engine.step():
                if painting.done and painting.picture is not None:
                    done[painting.request.id] = painting.picture.clone()
        yield from (done[prompt] for prompt in prompts[first : first + BATCH])


def write(docs: Path, weights: Path, device: torch.device) -> None:
    """Write the page, and for each of its sections a sheet of pictures."""
    (docs / "pocket.md").write_text(page(), "utf-8")
    folder = docs / "images" / "pocket"
    folder.mkdir(parents=True, exist_ok=True)
    sections = samples()
    prompts = [prompt for section in sections.values() for prompt in section.values()]
    pictures = paint(prompts, str(weights / "vqgan.yaml"), str(weights / "clip.pt"), device)
    for title, section in sections.items():
        painted = [next(pictures).mul(255).round().byte().permute(1, 2, 0).cpu().numpy() for _ in section]
        sheet(painted, list(section), COLUMNS).save(folder / _file(title), quality=85)
        print(folder / _file(title), flush=True)


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{text}\n\n![{title}](images/pocket/{_file(title)})\n"


def _read_as(words: dict[str, tuple[str, ...]]) -> str:
    return "; ".join(f"{', '.join(others)}: {word}" for word, others in sorted(words.items()))


def _file(title: str) -> str:
    return f"{title.split(',')[0].lower().replace(' ', '-')}.jpg"


def _of(way: str) -> str:
    return way.format(a="blue", b="yellow")


def _phrases(table: dict[str, tuple[str, ...]]) -> str:
    return "; ".join(", ".join(dict.fromkeys(phrases)) for phrases in table.values())
