"""What can go wrong in the bot.

::

    BotError                the sentence can be shown as it is
    ├── UserError           to the member who asked, as a reply
    │   ├── PromptError         what was typed after `.imagine`
    │   ├── CancelError         nothing to cancel, or not theirs
    │   └── PermissionsError    the bot may not do here what a picture needs
    └── SetupError          to the operator, who has to change something before the bot can run

Anything else that is raised is a fault of ours: logged once, with its context, and never shown in a channel.
"""


class BotError(Exception):
    """Base of all errors of this room; ``str(error)`` is one sentence for a person."""


class UserError(BotError):
    """A member can do something about it; the sentence is markdown with nothing of theirs unescaped."""


class PromptError(UserError):
    """What was typed after ``.imagine`` cannot be painted."""


class CancelError(UserError):
    """There is nothing to cancel, or it belongs to somebody else."""


class PermissionsError(UserError):
    """The bot lacks permissions in the channel."""


class SetupError(BotError):
    """The bot cannot run until the operator changes something."""
