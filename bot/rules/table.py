"""The rule book: every rule that moderators can set, in one table, for commands, checks and the documentation."""

from bot.rules.rule import Rule
from config.settings import Settings
from config.settings.painting import MIN_SIDE, PaintingSettings
from generation.request import ImagineRequest

ADULT_ALONE = "adult"

RULES = {
    rule.name: rule
    for rule in (
        Rule(
            "waiting",
            "pictures of a member that wait or are being painted at a time",
            "count",
            lambda settings: settings.queue.per_member,
            "queue.per_member",
        ),
        Rule(
            "waiting-server",
            "pictures of all members together that wait or are being painted at a time",
            "count",
            lambda settings: settings.queue.per_server or settings.queue.total,
            "queue.per_server",
            scopes=("server",),
        ),
        Rule(
            "cooldown",
            "time from one command of a member to the next",
            "seconds",
            lambda settings: settings.limits.cooldown_seconds,
            "limits.cooldown_seconds",
        ),
        Rule(
            "pictures",
            "pictures of a member within 24 hours; a walk counts as what costs as much",
            "count",
            lambda settings: settings.limits.pictures_per_day,
            "limits.pictures_per_day",
            most=10_000,
        ),
        Rule(
            "cost",
            "work of a member within 24 hours; 1 is a picture of usual size and steps",
            "number",
            lambda settings: settings.limits.cost_per_day,
            "limits.cost_per_day",
            least=0.1,
            most=100_000,
        ),
        Rule(
            "steps",
            "steps of a picture",
            "count",
            lambda settings: settings.painting.max_steps,
            "painting.max_steps",
        ),
        Rule(
            "pixels",
            "pixels of a picture, width times height: 65536 for 256x256",
            "count",
            lambda settings: settings.painting.max_side**2,
            "painting.max_side",
            least=MIN_SIDE**2,
        ),
        Rule(
            "repeat",
            "pictures that one command may ask for",
            "count",
            lambda settings: settings.limits.repeat,
            "limits.repeat",
        ),
        Rule(
            "video", "whether there may be videos", "switch", lambda settings: settings.limits.videos, "limits.videos"
        ),
        Rule(
            "attach",
            "whether pictures may be given to start from or to come near to",
            "switch",
            lambda settings: settings.limits.attachments,
            "limits.attachments",
        ),
        Rule(
            "adult",
            "whether adult words may stand in prompts in age-restricted channels; elsewhere they never may",
            "switch",
            lambda settings: settings.limits.adult,
            "limits.adult",
        ),
        Rule(
            "spoiler",
            "which pictures are hidden until they are clicked: all, those with adult words, or none",
            "choice",
            lambda _: "no",
            choices=("yes", ADULT_ALONE, "no"),
            scopes=("server", "channel"),
        ),
        Rule(
            "steer",
            "who may steer pictures that others asked for",
            "choice",
            lambda _: "everyone",
            choices=("nobody", "everyone"),
            default="nobody",
        ),
    )
}


def usual_cost(painting: PaintingSettings) -> int:
    """Return the cost of a picture of usual size and steps, which is the unit of what members are told."""
    return ImagineRequest("", "", 0, painting.width, painting.height, painting.steps).cost()


def table(settings: Settings) -> str:
    """Return the rule book as a Markdown table, with the ranges and defaults that go with some settings."""
    rows = ["| key | what it is | takes | default | for | the operator's setting |", "|---|---|---|---|---|---|"]
    for name, rule in RULES.items():
        scopes = ", ".join(rule.scopes)
        setting = f"`{rule.setting}`" if rule.setting else "—"
        default = f"`{rule.shown(rule.usual(settings))}`"
        rows.append(f"| `{name}` | {rule.help} | {rule.takes(settings)} | {default} | {scopes} | {setting} |")
    return "\n".join(rows)
