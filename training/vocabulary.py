"""What the pocket models know, in words: the page `docs/pocket.md`."""

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

KINDS: dict[str, tuple[Thing, ...]] = {
    "Animals": (*BEASTS, *ANIMALS),
    "People and beings": PEOPLE,
    "Food": (*FOOD, *MEALS),
    "Things": (*OBJECTS, *GEAR),
    "Outdoors, buildings, vehicles, the sky": (*OUTDOORS, *AROUND),
    "Shapes": SHAPES,
}

HEAD = """# What the pocket models know

Easel paints out of the box with two small networks that learnt from nothing but drawings of its own. They know the
words below and no others. A word that they never met has no meaning to them: the rest of the prompt is painted.

Ask for **one thing, its colour, where it is and when**: `a red sailboat on the sea at sunset`. A style goes behind a
comma: `a castle on a green hill, woodblock print`. Words in brackets mean the same as the one before them.

![Sixty prompts, one seed each, none picked](images/pocket.png)
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
        parts.append(f"## {title}\n\n{', '.join(words)}\n")
    colors = [f"{name} ({', '.join(SYNONYMS[name])})" if name in SYNONYMS else name for name in COLORS]
    parts.append(f"## Colours\n\n{', '.join(colors)}\n")
    parts.append(
        f"## Places\n\n{_phrases(GROUNDS)}; in space, under water, on a table, on a background of any colour\n"
    )
    parts.append(f"## Times and weather\n\n{_phrases(TIMES)}\n")
    parts.append("## How many and where\n\ntwo, three, four, five, many; and, next to, above, under, inside\n")
    styles = "\n".join(f"- {', '.join(way.format('a cat') for way in ways)}" for _, ways in STYLES.values())
    parts.append(f"## Styles\n\n{styles}\n")
    parts.append(f"## Patterns\n\n{', '.join(PATTERNS)}\n")
    return "\n".join(parts)


def _phrases(table: dict[str, tuple[str, ...]]) -> str:
    return "; ".join(", ".join(dict.fromkeys(phrases)) for phrases in table.values())
