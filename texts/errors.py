"""What can go wrong with texts.

::

    TextError       a person did something wrong; ``str(error)`` is one sentence for them, with no markup
"""


class TextError(Exception):
    """A text cannot be used."""
