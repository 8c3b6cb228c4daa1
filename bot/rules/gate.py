"""What may be asked for, by whom and where.

The checks are made in this order, and the first that fails is told:

1. **blocked**: whether a moderator has blocked the member;
2. **place**: whether it is painted in private, in this server now, in this channel;
3. **role**: whether it is painted for a role of the member's;
4. **words**: whether a word is forbidden, and then whether there is more than may be asked for at once: pictures given,
   a video, steps, pixels, several pictures;
5. **cooldown**: whether the last request was long enough ago;
6. **quota**: whether the day's pictures and work are not used up;
7. **queue**: whether few enough wait, of the member, of the server, and of all.

The first three are made before anything is read or fetched, the words before anything is fetched. Cooldown and quota
are made by ``bot.rules.quota``.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence

from bot.errors import RoomError, RuleError, SetupError, UserError
from bot.markdown import escape, inline_code, shorten
from bot.origin import Origin
from bot.rules import words
from bot.rules.book import RuleBook, is_age_restricted, roles
from bot.rules.log import AuditLog
from bot.rules.quota import Quota, in_words
from bot.rules.table import ADULT_ALONE
from config.settings import Settings
from config.settings.painting import MIN_SIDE
from generation.request import FILMS, ImagineRequest
from generation.sizes import Shape
from store.blocks import Blocks
from store.rules import Value
from store.tables import EVERYWHERE
from store.usage import Usage
from store.words import Words

IN_PRIVATE = "I paint in servers only; ask there."
PAUSED = "Painting is paused in this server. A moderator can let it go on with `{0}resume`."
PAUSED_EVERYWHERE = "Whoever runs Easel has paused the painting everywhere. Ask again later."
CLOSED_HERE = "I do not paint in this channel; {0}."
NO_ROLE = "I paint here for members with the role {0} only; a moderator can give it to you."
DENIED_ROLE = "I do not paint here for members with the role {0}; a moderator can change that."
FORBIDDEN = "{0} may not stand in a prompt here; leave it out."
ADULT = "{0} may stand in prompts in age-restricted channels only; leave it out, or ask there."
NO_PICTURES = "Pictures may not be given here; ask in words alone."
NO_VIDEO = "No videos are made here; ask for a picture alone."
NO_WALK = "A walk is a video, and none are made here; ask for pictures with `{0}imagine`."
NO_STORY = "A story becomes a video, and none are made here; ask for pictures with `{0}imagine`."
STEPS = "A picture may have {0} steps here; ask for no more with `--steps {0}`."
PIXELS = "A picture may have {0} pixels here; ask for no more with `--size {1}`."
REPEAT = "One command may ask for {0} here, and this one asks for {1}; ask for fewer."
OWN_LIMIT = (
    "You already have {0} waiting or being painted (limit {1}). Wait for one of them, "
    "or take one back with `{2}cancel`."
)
TOO_MANY_MORE = (
    "Those are {0} pictures, more than you can have beside what is waiting or being painted for you already (limit "
    "{1}), so none of them is taken. Ask for fewer, wait, or take one back with `{2}cancel`."
)
TOO_MANY_HERE = (
    "Those are {0} pictures, more than this server can have beside what is waiting or being painted already (limit "
    "{1}), so none of them is taken. Ask for fewer, or try again in a few minutes."
)
SERVER_LIMIT = "This server already has {0} waiting or being painted (limit {1}). Try again in a few minutes."
MOST_NAMED = 5
"""Channels or roles that are named in a refusal."""


class Gate:
    """Refuses in a sentence that names the limit and what to do.

    Args:
        book: the rules.
        denied: words that may not stand in prompts, by server.
        blocks: members that may ask for nothing, by server.
        usage: what members have asked for.
        log: that is told of refusals.

    Raises:
        SetupError: a word of the operator's is none.
    """

    def __init__(self, book: RuleBook, denied: Words, blocks: Blocks, usage: Usage, log: AuditLog) -> None:
        self.book = book
        self._words = denied
        self._blocks = blocks
        self.quota = Quota(book, usage)
        self._log = log
        for key in ("adult_words", "forbidden_words"):
            for word in getattr(self._settings.limits, key):
                try:
                    words.compiled(word)
                except UserError as error:
                    raise SetupError(f"limits.{key}: {error}") from None

    def enter(self, origin: Origin) -> None:
        """Raise ``UserError`` where nothing is painted for whoever asks there: blocked, place, role."""
        with self.told(origin):
            self._check_block(origin)
            self._check_place(origin)
            self._check_role(origin)

    def check_text(self, origin: Origin, *texts: str) -> None:
        """Raise ``UserError`` where a word of some texts may not stand in a prompt there."""
        with self.told(origin):
            for text in texts:
                self.read(origin, text)

    def check_pictures(self, origin: Origin) -> None:
        """Raise ``UserError`` where members may not give pictures there, to begin from or to come near to."""
        with self.told(origin):
            if not self.rule(origin, "attach"):
                raise RuleError(NO_PICTURES)

    def check_film(self, origin: Origin, refusal: str) -> None:
        """Raise ``UserError`` with a sentence, in which a prefix may stand, where members may have no videos there."""
        with self.told(origin):
            if not self.rule(origin, "video"):
                raise RuleError(refusal.format(self.book.prefix(origin.guild)))

    async def check(self, origin: Origin, requests: Sequence[ImagineRequest], others: Sequence[Origin]) -> None:
        """Make the checks from the words on.

        Args:
            origin: of the requests.
            requests: that are new, of one command; all are taken or none.
            others: where all that waits or is being painted comes from.

        Raises:
            UserError: they cannot be taken.
            StoreError: it cannot be known what was asked for before.
        """
        with self.told(origin):
            for request in requests:
                self.check_request(origin, request)
            self._check_number(origin, len(requests))
            await self.quota.check(origin, requests)
            self._check_queue(origin, others, len(requests))

    async def check_change(self, origin: Origin, before: ImagineRequest, request: ImagineRequest) -> None:
        """Make the checks for a request that takes the place of another; raises what :meth:`check` does."""
        with self.told(origin):
            self.check_request(origin, request)
            await self.quota.check_change(origin, before, request)

    def most_at_once(self, origin: Origin) -> int:
        """Return how many pictures of one message whoever asks there may have."""
        return min(self._number(origin, "repeat"), self._number(origin, "waiting"))

    def rule(self, origin: Origin, key: str) -> Value:
        """Return the value of a rule that holds for whoever asks there; see ``bot.rules.table.RULES``."""
        return self.book.value(origin, key)

    def settings(self, origin: Origin) -> Settings:
        """Return the settings as they hold for whoever asks there: the prefix, what is usual, and the most there is."""
        settings, steps = self._settings, self._number(origin, "steps")
        painting, prefix = settings.painting, self.book.prefix(origin.guild)
        width, height = fitting((painting.width, painting.height), self._number(origin, "pixels"))
        usual = {"width": width, "height": height, "max_steps": steps, "steps": min(painting.steps, steps)}
        changed = {
            "discord": settings.discord.model_copy(update={"prefix": prefix}),
            "queue": settings.queue.model_copy(update={"per_member": self._number(origin, "waiting")}),
            "painting": painting.model_copy(update=usual),
        }
        return settings.model_copy(update=changed)

    def hides(self, origin: Origin, request: ImagineRequest) -> bool:
        """Return whether a picture is posted as a spoiler."""
        chosen = self.rule(origin, "spoiler")
        return chosen == "yes" or (chosen == ADULT_ALONE and any(self._adult(origin, each) for each in texts(request)))

    def read(self, origin: Origin, text: str) -> None:
        """Do what :meth:`check_text` does, without anybody being told."""
        limits = self._settings.limits
        own = self._words.of(origin.guild.id) if origin.guild else {}
        forbidden = words.found([*limits.forbidden_words, *(each for each in own if not own[each])], text)
        if forbidden is not None:
            raise RuleError(FORBIDDEN.format(inline_code(forbidden)))
        if is_age_restricted(origin.channel) and self.rule(origin, "adult"):
            return
        if (adult := self._adult(origin, text)) is not None:
            is_elsewhere = bool(self.rule(origin, "adult"))
            raise RuleError((ADULT if is_elsewhere else FORBIDDEN).format(inline_code(adult)))

    @contextlib.contextmanager
    def told(self, origin: Origin) -> Iterator[None]:
        """Tell the server's log of a refusal."""
        try:
            yield
        except RuleError as error:
            self._log.refused(origin, str(error))
            raise

    @property
    def _settings(self) -> Settings:
        return self.book.settings

    def _number(self, origin: Origin, key: str) -> int:
        value = self.rule(origin, key)
        assert isinstance(value, int)
        return value

    def _adult(self, origin: Origin, text: str) -> str | None:
        own = self._words.of(origin.guild.id) if origin.guild else {}
        return words.found([*self._settings.limits.adult_words, *(each for each in own if own[each])], text)

    def _check_block(self, origin: Origin) -> None:
        everywhere = self._blocks.find(EVERYWHERE, origin.author.id)
        block = everywhere or (self._blocks.find(origin.guild.id, origin.author.id) if origin.guild else None)
        if block is None:
            return
        end = "" if block.until is None else f" until <t:{round(block.until)}:f>"
        why = f": {escape(shorten(block.reason, 200))}" if block.reason else ""
        if everywhere is not None:
            raise RuleError(
                f"Whoever runs Easel has blocked you from asking for pictures{end}{why}. They can lift that."
            )
        raise RuleError(f"A moderator has blocked you from asking for pictures here{end}{why}. They can lift that.")

    def _check_place(self, origin: Origin) -> None:
        guild = origin.guild
        if self.book.is_paused(EVERYWHERE):
            raise RuleError(PAUSED_EVERYWHERE)
        if guild is None:
            if not self._settings.discord.direct_messages:
                raise RuleError(IN_PRIVATE)
            return
        if self.book.is_paused(guild.id):
            raise RuleError(PAUSED.format(self.book.prefix(guild)))
        if not self.book.is_open(guild.id, origin.channel):
            allowed = [
                f"<#{each}>" for each, is_allowed in self.book.allowed(guild.id, "channel").items() if is_allowed
            ]
            advice = f"ask in {' or '.join(allowed[:MOST_NAMED])}" if allowed else "ask in another"
            raise RuleError(CLOSED_HERE.format(advice))

    def _check_role(self, origin: Origin) -> None:
        if origin.guild is None:
            return
        chosen, mine = self.book.allowed(origin.guild.id, "role"), roles(origin)

        def named(role_ids: Iterable[int]) -> str:
            found = (origin.guild.get_role(each) for each in role_ids) if origin.guild else ()
            names = [f"**{escape(role.name)}**" for role in found if role is not None]
            return " or ".join(names[:MOST_NAMED]) or "that is gone now"

        denied = [role for role in mine if chosen.get(role) is False]
        if denied:
            raise RuleError(DENIED_ROLE.format(named(denied)))
        allowed = [role for role, is_allowed in chosen.items() if is_allowed]
        if allowed and not any(role in mine for role in allowed):
            raise RuleError(NO_ROLE.format(named(allowed)))

    def check_request(self, origin: Origin, request: ImagineRequest) -> None:
        """Raise ``UserError`` where somebody may not ask for this there, without anybody being told."""
        for text in texts(request):
            self.read(origin, text)
        if not self.rule(origin, "video") and any(output in FILMS for output in request.outputs):
            refusal = NO_WALK if request.waypoints else NO_VIDEO
            raise RuleError(refusal.format(self.book.prefix(origin.guild)))
        steps, pixels = self._number(origin, "steps"), self._number(origin, "pixels")
        if request.steps > steps:
            raise RuleError(STEPS.format(steps))
        if request.width * request.height > pixels:
            width, height = fitting(request.shape, pixels)
            raise RuleError(PIXELS.format(pixels, f"{width}x{height}"))

    def _check_number(self, origin: Origin, number: int) -> None:
        most = self._number(origin, "repeat")
        if number > most:
            raise RuleError(REPEAT.format(in_words(most), number))

    def _check_queue(self, origin: Origin, others: Sequence[Origin], more: int) -> None:
        if origin.guild is None:
            return
        here = [each for each in others if each.guild is not None and each.guild.id == origin.guild.id]
        own = sum(each.author.id == origin.author.id for each in here)
        for key, count, sentence in (("waiting", own, OWN_LIMIT), ("waiting-server", len(here), SERVER_LIMIT)):
            most, prefix = self._number(origin, key), self.book.prefix(origin.guild)
            if most == self._settings.queue.total or count + more <= most:
                continue  # where the queue itself is full, that is told
            if count < most:
                several = TOO_MANY_MORE if key == "waiting" else TOO_MANY_HERE
                raise RoomError(several.format(more, most, prefix))
            raise RoomError(sentence.format(in_words(count), most, prefix))


def texts(request: ImagineRequest) -> list[str]:
    """Return all that a request says in words."""
    targets = (each.text for each in request.targets if each.text)
    passed = (each.prompt for each in request.waypoints if each.prompt)
    classes = (*request.classes, *(named for each in request.waypoints for named in each.classes))
    return [
        request.prompt,
        *targets,
        *passed,
        *(name for name, _ in classes),
        *request.without,
        *(each.text for each in request.steering),
    ]


def fitting(shape: Shape, pixels: int) -> Shape:
    """Return a shape, or one of about its aspect that has no more than so many pixels."""
    width, height = shape
    if width * height <= pixels:
        return shape
    scale = (pixels / (width * height)) ** 0.5
    low, high = sorted(max(MIN_SIDE, int(side * scale) // MIN_SIDE * MIN_SIDE) for side in shape)
    high = min(high, max(MIN_SIDE, pixels // low // MIN_SIDE * MIN_SIDE))
    return (high, low) if width >= height else (low, high)
