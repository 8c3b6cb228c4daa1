"""How often a post is edited, so that all together stay within what Discord takes."""

PREVIEWS_PER_PLACE = 5
"""How many times more rarely a new place in line is shown than a new preview."""
EDITS_PER_SECOND = 30.0
"""Of posts about what has not ended, by all processes of a bot. Discord takes 50 calls a second; the rest is for what
is answered and finished."""
AGES_PER_PAUSE = 40
"""A preview comes after at least so small a share of how long it has been painted: the longer, the more rarely."""


def edit_pause(preview_seconds: float, posts: int, share: float) -> float:
    """Return the least seconds between two edits of a post.

    Args:
        preview_seconds: the least at any time.
        posts: about requests that have not ended.
        share: of the bot's shards that are this process's.
    """
    return max(preview_seconds, posts / (EDITS_PER_SECOND * share))


def place_pause(pause: float) -> float:
    """Return the seconds from one place in line to the next that is shown.

    Args:
        pause: between two edits, at least.
    """
    return PREVIEWS_PER_PLACE * pause


def preview_pause(pause: float, seconds: float) -> float:
    """Return the seconds from one preview to the next.

    Args:
        pause: between two edits, at least.
        seconds: for which the picture has been painted.
    """
    return max(pause, seconds / AGES_PER_PAUSE)
