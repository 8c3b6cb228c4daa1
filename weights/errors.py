"""What can go wrong with published weights.

::

    WeightsError            the sentence can be shown as it is
    ├── UnknownModelError   no model of that name
    ├── UnusableError       a model that is not fetched, or damaged, or of the other kind
    └── FetchError          a model that cannot be fetched
"""


class WeightsError(Exception):
    """Base of all errors of this room; ``str(error)`` is one sentence for a person."""


class UnknownModelError(WeightsError):
    """There is no model of that name."""


class UnusableError(WeightsError):
    """A model is not there yet, is damaged, or is of another kind than what is asked for."""


class FetchError(WeightsError):
    """No mirror has the file, it cannot be written, or somebody else is fetching it."""
