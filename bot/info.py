"""The command that tells members what they have going and what is left to them."""

from collections.abc import Sequence

from bot.caption import duration
from bot.command import Call, Command
from bot.errors import UserError
from bot.posts import Posts
from bot.rules.gate import Gate
from bot.rules.quota import Allowance
from store.errors import StoreError

UNKNOWN = "What is left to you cannot be looked up at the moment; try again in a few minutes."


class InfoCommand:
    """What a member has going, what is left of the day, and what may be asked for.

    Args:
        posts: about the requests.
        gate: that knows the limits.
    """

    def __init__(self, posts: Posts, gate: Gate) -> None:
        self._posts = posts
        self._gate = gate

    def commands(self) -> Sequence[Command]:
        """Return the command."""
        return [Command("info", "What you have going, and what is left of your limits", self._info, answers="latest")]

    async def _info(self, call: Call) -> str:
        """Tell it for whoever asks, as it is where they ask."""
        origin = call.origin
        await self._posts.settle()
        try:
            allowance = await self._gate.quota.allowance(origin)
        except StoreError:
            raise UserError(UNKNOWN) from None
        settings = self._gate.settings(origin)
        mine = {
            name: sum(entry.origin.author.id == origin.author.id for entry in entries)
            for name, entries in (("being painted", self._posts.running), ("waiting", self._posts.waiting))
        }
        going = " and ".join(f"{count} {name}" for name, count in mine.items())
        most, cooldown = settings.queue.per_member, self._gate.rule(origin, "cooldown")
        painting = settings.painting
        lines = [
            f"**Your pictures:** {going}, of {most} at a time",
            f"**Within 24 hours, {'in this server' if origin.guild else 'in private'}:** {_used(allowance)}",
            f"**A picture here:** at most {painting.max_steps} steps and {self._gate.rule(origin, 'pixels')} pixels, "
            f"{painting.max_side} a side; usually {painting.width}×{painting.height} and {painting.steps} steps",
        ]
        if settings.models.more:
            lines.append(f"**Models:** {', '.join(settings.models.names)}; choose with `--model`")
        if isinstance(cooldown, int | float) and cooldown:
            lines.append(f"**Between two commands:** {duration(cooldown)}")
        return "\n".join(lines)


def _used(allowance: Allowance) -> str:
    """Return what was asked for, what is left, and from when on there is more."""
    pictures = f"{allowance.pictures} picture{'s' * (allowance.pictures != 1)}"
    if allowance.most_pictures is not None:
        pictures += f" of {allowance.most_pictures}"
    cost = f"work of {allowance.cost:.3g}"
    if allowance.most_cost is not None:
        cost += f" of {allowance.most_cost:g}"
    limited = allowance.most_pictures is not None or allowance.most_cost is not None
    renews = f"; more from <t:{round(allowance.renews)}:t> on" if limited and allowance.renews is not None else ""
    return f"{pictures}, {cost}{renews}"
