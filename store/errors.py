"""What can go wrong with what is kept.

::

    StoreError              the sentence is for the operator
    ├── LockedError         another process uses the data directory
    └── KnownMessageError   what a message asks for was accepted before
"""


class StoreError(Exception):
    """The database cannot be used; ``str(error)`` is one sentence for a person."""


class LockedError(StoreError):
    """Another process uses the data directory."""


class KnownMessageError(StoreError):
    """What a message asks for was accepted before and has not ended."""
