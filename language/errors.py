"""What can go wrong with language models.

::

    LanguageError   a model cannot be used; ``str(error)`` is one sentence for the operator

What a person did wrong is a ``texts.errors.TextError``.
"""


class LanguageError(Exception):
    """A language model cannot be used."""
