"""Sentences that are written for Discord, where they are printed."""


def plain(sentence: object) -> str:
    """Return a sentence, or an error's, without the backticks that set words apart on Discord."""
    return str(sentence).replace("`", "")
