"""A request that waits or is being painted, and what its member sees of it."""

from dataclasses import dataclass

from bot.caption import InProgress, State, Waiting
from bot.origin import Origin
from bot.post import Post
from generation.dispatch.record import Record
from generation.request import ImagineRequest


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of it, where it was asked for, and the post about it."""

    record: Record
    origin: Origin
    post: Post

    @property
    def request(self) -> ImagineRequest:
        """What is painted."""
        return self.record.request

    @property
    def place(self) -> Waiting:
        """The place in line; what has been taken at once was next."""
        return Waiting(self.record.estimate.place or 1, self.record.estimate.starts)

    @property
    def standing(self) -> State:
        """How it stands."""
        record = self.record
        if record.status == "running":
            return InProgress(record.percent, record.estimate.finishes, record.left_out, record.smaller)
        return self.place

    @property
    def is_shared(self) -> bool:
        """Whether whoever asked for it lets others steer it."""
        return self.post.caption.together is True

    @property
    def messages(self) -> set[int]:
        """The message that asked, where there is one, and the one about it."""
        asked = {self.origin.id} if self.origin.reply_to is not None else set()
        return asked | ({self.post.message.id} if self.post.message is not None else set())
