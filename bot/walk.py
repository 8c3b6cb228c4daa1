"""What a prompt means as a walk: ``a red apple | a pear | a lemon --loop`` passes three pictures and comes back.

``class: owl | class: frog:0.6, toad:0.4 | a pear`` passes two that a BigGAN draws and one that it paints.
"""

from dataclasses import replace

from bot.classes import passed_classes
from bot.errors import PromptError
from bot.flags.flag import Available
from bot.prompt import Arguments, parse
from config.settings.painting import PaintingSettings
from generation.fields import SEED_LIMIT
from generation.options import BETWEEN, BIGGAN, HOLD, MOST_FRAMES, PAINTERS
from generation.refusals import NO_WALK_BY
from generation.request import FILMS, PNG, ImagineRequest
from generation.waypoint import MOST_WAYPOINTS, Waypoint

ONE_PLACE = "A walk goes from one picture to another: put `|` between them, as in `a red apple | a pear`."
WEIGHED = "In a walk `|` parts the pictures that it passes; leave out weights and `^`."
TOO_MANY = "A walk passes up to {0} pictures, and this one would pass {1}."
TOO_LONG = "The walk would have {0} frames, and one in the format {1} can have {2}; ask for fewer by `--frames`{3}."


def waypoints(arguments: Arguments, seed: int, others: int = 0) -> tuple[Waypoint, ...]:
    """Return what a walk passes: pictures that are given, or each text between bars; with a BigGAN also classes.

    Of ``--repeat`` each is passed also with the seeds that follow.

    Args:
        arguments: as they were parsed.
        seed: of the walk.
        others: that it passes beside these.

    Raises:
        PromptError: it is none.
    """
    pictures = tuple(Waypoint(picture=target.picture) for target in arguments.targets if target.picture)
    if pictures:
        return pictures
    targets = arguments.targets
    if any(target.weight != 1 or target.part is not None or target.stop is not None for target in targets):
        raise PromptError(WEIGHED)
    texts = [target.text for target in targets] or [arguments.prompt]
    repeat = arguments.fields["repeat"]
    if len(texts) * repeat + others < 2:
        raise PromptError(ONE_PLACE)
    if len(texts) * repeat > MOST_WAYPOINTS:
        raise PromptError(TOO_MANY.format(MOST_WAYPOINTS, len(texts) * repeat))
    named = [passed_classes(text) if arguments.fields["canvas"] == BIGGAN else () for text in texts]
    return tuple(
        Waypoint("" if classes else text, (seed + number) % SEED_LIMIT if number else None, classes=classes)
        for text, classes in zip(texts, named, strict=True)
        for number in range(repeat)
    )


def walk(request: ImagineRequest, passed: tuple[Waypoint, ...]) -> ImagineRequest:
    """Return a request as a walk past pictures, as an MP4 where no other video is asked for.

    Where no number of frames is asked for there are as many as are usual, or as the format has room for.

    Raises:
        PromptError: it would be too long, or its painter has no latents.
    """
    if not PAINTERS[request.painter].has_latents:
        raise PromptError(NO_WALK_BY.format(request.painter))
    kind = next((output for output in request.outputs if output in FILMS), FILMS[0])
    walked = replace(request, targets=(), waypoints=passed, outputs=(PNG, kind))
    most = MOST_FRAMES[kind]
    if walked.frames > most and walked.hold == HOLD:
        walked = replace(walked, hold=min(HOLD, most // (4 * len(passed))))
    if walked.frames > most and walked.between == BETWEEN:
        legs = len(passed) if walked.loop else len(passed) - 1
        rests = walked.frames - legs * walked.between
        walked = replace(walked, between=max(1, (most - rests) // legs))
    if walked.frames > most:
        raise PromptError(TOO_LONG.format(walked.frames, kind, most, ", or for an `mp4`" * (kind != FILMS[0])))
    return walked


def asked_again(text: str, painting: PaintingSettings, available: Available, like: ImagineRequest) -> ImagineRequest:
    """Return the request that a text asks for, a picture or a walk as another one is, by the same member.

    Raises:
        PromptError: it asks for none.
    """
    arguments = parse(text, painting, available, of_walk=bool(like.waypoints))
    request = arguments.request(like.id, like.member, like.guild)
    return walk(request, waypoints(arguments, request.seed)) if like.waypoints else request


def command_of(request: ImagineRequest) -> str:
    """Return the command by which a request is asked for, without its prefix."""
    return "walk" if request.waypoints else "imagine"
