"""What can go wrong in the bot.

::

    BotError                the sentence can be shown as it is
    ├── UserError           to the member who asked, as a reply
    │   ├── PromptError         what was typed after `.imagine`
    │   │   └── NoWordsError        nothing was
    │   ├── RuleError           what a server or the operator does not allow
    │   │   └── RoomError           there are too many requests
    │   └── PermissionsError    what a server does not let the bot do
    └── SetupError          to the operator, who has to change something before the bot can run

Anything else that is raised is a fault of ours: logged once, with its context, and never shown in a channel.
"""


class BotError(Exception):
    """Base of all errors of this room; ``str(error)`` is one sentence for a person."""


class UserError(BotError):
    """A member can do something about it; the sentence is markdown with nothing of theirs unescaped."""


class PromptError(UserError):
    """What was typed after ``.imagine`` cannot be painted."""


class NoWordsError(PromptError):
    """It is not said what to paint.

    Args:
        sentence: to the member.
        flags: that were typed nevertheless, with what they say.
    """

    def __init__(self, sentence: str, flags: str = "") -> None:
        super().__init__(sentence)
        self.flags = flags


class RuleError(UserError):
    """A rule of the server's or of the operator's does not allow it."""


class RoomError(RuleError):
    """So many more requests cannot be taken in."""


class PermissionsError(UserError):
    """The bot may not do there what it has to."""


class SetupError(BotError):
    """The bot cannot run until the operator changes something."""
