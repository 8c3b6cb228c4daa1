"""What an earlier run has left: requests in the journal, and those that devices have gone on with meanwhile."""

from dataclasses import replace

from generation.dispatch.journal import Journal
from generation.dispatch.plan import Plan
from generation.dispatch.record import Record
from generation.dispatch.register import Register
from generation.dispatch.steering import Steerer
from generation.executor import Executor


async def resumed(journal: Journal, plan: Plan, register: Register) -> list[Record]:
    """Take in what is unfinished in the journal, and return its records.

    What was running is next, and counts as its member's turn; the rest waits in the order of its acceptance. Where
    the process has ended more than once meanwhile, each goes on alone, since it may be the cause.
    """
    records = []
    for unfinished in sorted(await journal.unfinished(), key=lambda each: not each.was_running):
        checkpoint = unfinished.checkpoint
        record = Record(unfinished.request, attempts=unfinished.attempts, checkpoint=checkpoint)
        record.step = checkpoint.step if checkpoint else 0
        register.enter(record)
        tag = plan.scheduler.add(record.request)
        if unfinished.attempts or unfinished.starts > 1:
            plan.suspects[record.request.id] = ""
        if unfinished.was_running:
            record.status = "running"
            plan.scheduler.pop()
            plan.interrupted.append(record.request)
        else:
            register.stand(record, tag)
        records.append(record)
    return records


async def inherit(executor: Executor, plan: Plan, register: Register, steerer: Steerer) -> None:
    """Follow what devices paint for the bot before this one, and have them forget what goes on no more."""
    for number, request in executor.inherited:
        record, device = register.find(request.id), plan.pool.device(number)
        if record is None or not plan.is_interrupted(request.id):
            executor.abort(number, request.id)
            continue
        known = record.request
        record.request = replace(known, steering=request.steering)
        record.smaller = request.shape if request.shape != known.shape else None
        record.device = device
        plan.go_on(record.painted, device)
        register.begin(record)
        if record.request != known:
            await steerer.note(record)
