"""Every fault, by name."""

from collections.abc import Awaitable, Callable
from functools import partial

from sandbox.permissions import Permission
from tests.soak import deaths, outages
from tests.soak.stage import Stage

Do = Callable[[Stage, float], Awaitable[None]]
"""Does it, given a number from 0 to 1 by which it chooses what is left open."""

FAULTS: dict[str, Do] = {
    "kill a worker": deaths.kill_worker,
    "kill a worker that loads": deaths.kill_loading,
    "stop a worker for a while": deaths.hang_worker,
    "kill the bot": deaths.kill,
    "kill the bot before the journal": deaths.kill_before_journal,
    "kill the bot before the reply": deaths.kill_before_reply,
    "kill the bot in a run": deaths.kill_in_run,
    "kill the bot before a picture is posted": deaths.kill_before_posting,
    "kill the bot before it is recorded": deaths.kill_before_record,
    "SIGTERM": deaths.stop,
    "SIGTERM twice": deaths.stop_at_once,
    "a second bot": deaths.start_second,
    "the bot's clock jumps": deaths.jump,
    "gateway: dropped": outages.drop,
    "gateway: session lost": outages.forget,
    "gateway: invalid session": outages.invalidate,
    "gateway: reconnect": outages.reconnect,
    "gateway: nonsense": outages.speak_nonsense,
    "gateway: closed for good": outages.close_for_good,
    "429 of a route": partial(outages.refuse, status=429, retry_after=1.0),
    "429 of all": partial(outages.refuse, status=429, retry_after=2.0, scope="global"),
    "429 of Cloudflare": partial(outages.refuse, status=429, retry_after=2.0, via=False),
    "429 without a time": partial(outages.refuse, status=429, retry_after=None),
    "400": partial(outages.refuse, status=400, routes=(outages.SEND, outages.EDIT), times=1),
    "403": partial(outages.refuse, status=403, code=50013, routes=(outages.SEND, outages.EDIT), times=1),
    "404": partial(outages.refuse, status=404, routes=(outages.EDIT,), times=1),
    "413": partial(outages.refuse, status=413, code=40005, routes=(outages.EDIT,), times=2),
    "500": partial(outages.refuse, status=500),
    "502": partial(outages.refuse, status=502, text="<html>Bad gateway</html>"),
    "no JSON": partial(outages.refuse, status=200, text="<html>Hello</html>"),
    "edited too often": partial(outages.refuse, status=400, code=30046, routes=(outages.EDIT,), times=1),
    "reset": partial(outages.break_off, way="reset"),
    "never answered": partial(outages.break_off, way="stalled"),
    "half an answer": partial(outages.break_off, way="cut"),
    "nothing works": outages.be_away,
    "no files allowed": partial(outages.forbid, what=Permission.ATTACH_FILES),
    "no messages allowed": partial(outages.forbid, what=Permission.SEND_MESSAGES),
    "no pictures kept": partial(deaths.keep_nothing, name="pictures"),
    "no checkpoints kept": partial(deaths.keep_nothing, name="checkpoints"),
    "disk full": deaths.fill_disk,
}
SLOW_FAULTS: dict[str, Do] = {"a worker hangs": deaths.hang_worker_for_good}
"""That take minutes to get over."""
