"""What became of every request, by what the store and Discord say in the end."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.notice import TITLE
from bot.post import NOT_WRITABLE
from bot.posts import CANCELLED
from generation.dispatch.dispatcher import ATTEMPTS, GIVEN_UP
from tests.soak.record import Row, Said, Shown, is_final

TOO_LARGE = "The picture is larger than"


@dataclass(slots=True)
class Verdict:
    """What became of the requests.

    Args:
        accepted: are in the store.
        finished: of these, how many ended as they should.
        refused: were answered otherwise.
        lost: what is missing, a line each.
        doubled: what is there twice, a line each.
        longest_delay: from a message to the last change of the post about it, in seconds.
    """

    accepted: int = 0
    finished: int = 0
    refused: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    longest_delay: float = 0.0


def judged(
    rows: Sequence[Row], said: Sequence[Said], shown: Sequence[Shown], deaths: int, excused: Callable[[Said], bool]
) -> Verdict:
    """Return what became of all requests.

    Args:
        rows: of the store.
        said: by the members.
        shown: by the bot.
        deaths: of workers.
        excused: whether it may be that a message was refused and that the answer is lost.
    """
    verdict = Verdict(accepted=len(rows))
    by_prompt = {prompt: each for each in said for prompt in each.prompts}
    for prompt, count in Counter(row.prompt for row in rows).items():
        if count > 1:
            verdict.doubled.append(f"{prompt}: {count} rows")
    for row in rows:
        asked = by_prompt[row.prompt]
        posts = [each for each in shown if _is_about(each, row)]
        if len(posts) > 1:
            verdict.doubled.append(f"{row.prompt}: {len(posts)} posts")
        lack = _lack(row, asked, posts, deaths)
        if lack:
            verdict.lost.append(f"{row.prompt} ({row.state}): {lack}")
        verdict.finished += not lack
        verdict.longest_delay = max([verdict.longest_delay, *(post.at - asked.at for post in posts)])
    in_store = {row.prompt for row in rows}
    for each in said:
        if in_store.isdisjoint(each.prompts) and "delete" not in each.done:
            verdict.refused += 1
            if not (_is_answered(each, said, shown) or excused(each)):
                verdict.lost.append(f"{each.prompts[0]}: never heard")
    return verdict


def _is_about(message: Shown, row: Row) -> bool:
    if message.content.startswith(TITLE):
        return False
    is_withdrawal = f"/{row.message}:" in message.content and NOT_WRITABLE in message.content
    return f"**{row.prompt}**" in message.content or is_withdrawal


def _lack(row: Row, asked: Said, posts: Sequence[Shown], deaths: int) -> str | None:
    """Return in which way a request did not end as it should."""
    if row.ended is None:
        return "has not ended"
    if not posts:
        may_be_gone = "remove" in asked.done or (row.state == "cancelled" and "delete" in asked.done)
        return None if may_be_gone else "there is no post"
    post = posts[-1]
    if not is_final(post.content):
        return f"the post says {post.content!r}"
    match row.state:
        case "done":
            return None if post.files or TOO_LARGE in post.content else "the post has no picture"
        case "failed" if row.sentence != GIVEN_UP or deaths < ATTEMPTS:
            return f"it failed: {row.sentence}"
        case "failed":
            return None if GIVEN_UP in post.content else f"the post says {post.content!r}"
        case "cancelled" if "cancel" in asked.done and CANCELLED in post.content:
            return None
        case "cancelled" if NOT_WRITABLE in post.content:
            return None
        case _:
            return f"it was {row.state}, and the post says {post.content!r}"


def _is_answered(asked: Said, said: Sequence[Said], shown: Sequence[Shown]) -> bool:
    """Say whether the member had an answer to that message, or a later one that stands for several."""
    own = {each.id for each in said if each.author == asked.author and each.id >= asked.id}
    for message in shown:
        if message.content.startswith("**") or message.id < asked.id:
            continue
        if message.reference in own or f"<@{asked.author}>" in message.content:
            return True
        if any(f"/{message_id}:" in message.content for message_id in own):
            return True
    return False
