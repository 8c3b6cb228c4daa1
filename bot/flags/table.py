"""All flags of ``.imagine`` in one table, for the grammar, captions, help, the command line and the documentation.

A new flag is an entry in the module of its subject, a place in :data:`ORDER`, and a field of ``ImagineRequest`` where
it asks for something new.
"""

from bot.flags import beginning, course, movement, optimiser, painter, picture, views, walk, words
from bot.flags.flag import Flag

SUBJECTS = (picture, course, painter, words, beginning, optimiser, views, movement, walk)
ORDER = (
    *("seed", "size", "w", "h", "quality", "steps"),
    *("painter", "class", "truncation", "max-classes", "model"),
    *("stop", "until-still", "chaos", "repeat", "style"),
    *("init", "init-weight", "fit", "as", "iw"),
    *("no", "noise", "long"),
    *("optimiser", "rate", "final-rate", "ema", "smooth"),
    *("cutouts", "cuts", "cut-power", "augment"),
    *("grow", "strength", "variation"),
    *("zoom", "pan", "rotate", "move-every", "frames", "hold", "loop", "video"),
)
"""In which they are told; each has a place in it."""
OF_WALKS = tuple(walk.FLAGS)
"""Names of flags that only walks have."""


def _of_all_subjects() -> dict[str, Flag]:
    flags = {name: flag for subject in SUBJECTS for name, flag in subject.FLAGS.items()}
    return {name: flags[name] for name in sorted(flags, key=ORDER.index)}


FLAGS = _of_all_subjects()
"""By their names."""
