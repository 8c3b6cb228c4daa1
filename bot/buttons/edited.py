"""What is asked for by words that were edited, about a picture that was painted from other pictures."""

import secrets
from dataclasses import replace

from bot.errors import UserError
from bot.flags.flag import Available
from bot.flags.usual import DEFAULTS, as_asked, own_weights
from bot.prompt import LIKENESS, flags_in, parse
from bot.uploads import ONE_START, TWO_STARTS, check_beside
from config.settings.painting import PaintingSettings
from generation.fields import SEED_LIMIT
from generation.request import AUTO, OF_START, ImagineRequest
from generation.targets import Target


def edited(
    text: str, old: ImagineRequest, painting: PaintingSettings, available: Available
) -> tuple[ImagineRequest, int]:
    """Return the request for what was filled in, with the pictures that it had before, and how many of it there are.

    What stands there as it stood in the form, about a picture that is used otherwise now, goes with that.

    Args:
        text: words and flags.
        old: the request as it was.
        painting: the limits, and what is usual.
        available: what can be asked for.

    Raises:
        UserError: that cannot be.
    """
    arguments, (_, typed) = parse(text, painting, available), flags_in(text, available)
    fields = arguments.fields
    before = _used_as(str(fields["attached"]), old) if "as" in typed else old
    if fields["init"] != AUTO:
        if "as" in typed and before.init_picture:
            raise UserError(TWO_STARTS.format(fields["init"]))
        before = replace(before, init_picture="", mask="")
    pictures = tuple(target for target in before.targets if target.picture)
    gone = [*([] if before.init_picture else OF_START), *([] if pictures else ["image_weight"])]
    filled = as_asked(old)
    as_before = {name: DEFAULTS[name] for name in gone if fields[name] == filled.get(name)}
    arguments = replace(arguments, fields={**fields, **as_before})
    check_beside(arguments, has_start=bool(before.init_picture), has_targets=bool(pictures))
    if "iw" in typed or not own_weights(old):
        pictures = tuple(replace(target, weight=fields["image_weight"]) for target in pictures)
    words = arguments.targets or (Target(arguments.prompt),) * (arguments.prompt != LIKENESS)
    request = replace(arguments.change(before), targets=(*words, *pictures) if pictures else arguments.targets)
    return request if "seed" in fields else replace(request, seed=secrets.randbelow(SEED_LIMIT)), fields["repeat"]


def _used_as(role: str, request: ImagineRequest) -> ImagineRequest:
    """Return a request with its pictures for what ``--as`` says; raises ``UserError``."""
    pictures = tuple(target for target in request.targets if target.picture)
    if role == "target" and request.init_picture:
        target = Target(picture=request.init_picture)
        return replace(request, init_picture="", mask="", targets=(*request.targets, target))
    if role == "start" and pictures and not request.init_picture:
        if len(pictures) > 1:
            raise UserError(ONE_START)
        return replace(request, init_picture=pictures[0].picture, targets=())
    return request
