"""What can go wrong with what is kept.

::

    StoreError              the sentence is for the operator
    ├── LockedError         another process uses the data directory
    ├── PassingError        passes without anybody changing a setting
    │   ├── UnreachableError    the server of the database does not answer
    │   └── LostError           another bot may work with the database now
    └── KnownMessageError   what a message asks for was accepted before
"""


class StoreError(Exception):
    """The database cannot be used; ``str(error)`` is one sentence for a person."""


class LockedError(StoreError):
    """Another process uses the data directory."""


class PassingError(StoreError):
    """The bot cannot run now, and may run when it is started again."""


class UnreachableError(PassingError):
    """The server of the database does not answer, or does not let the bot in."""


class LostError(PassingError):
    """Another bot may work with the database now."""


class KnownMessageError(StoreError):
    """What a message asks for was accepted before and has not ended."""
