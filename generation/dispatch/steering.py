"""Steering of requests that wait or are painted, with an answer for who said how."""

from collections.abc import Sequence
from dataclasses import replace

from generation.dispatch.journal import Journal
from generation.dispatch.plan import Plan
from generation.dispatch.record import Record
from generation.dispatch.register import Register
from generation.dispatch.sending import Sending
from generation.dispatch.unanswered import Said, Unanswered
from generation.errors import RequestError
from generation.events import Steered
from generation.request import ImagineRequest
from generation.steering import steered
from generation.targets import Steering


class Steerer:
    """Has requests painted otherwise than was asked for at first.

    Args:
        plan: who is next, and where.
        register: of all requests.
        sending: tells devices.
        journal: where is written down how requests are steered.
    """

    def __init__(self, plan: Plan, register: Register, sending: Sending, journal: Journal) -> None:
        self._plan = plan
        self._register = register
        self._sending = sending
        self._journal = journal
        self._unanswered = Unanswered()

    async def steer(self, record: Record, steering: Sequence[Steering]) -> ImagineRequest | None:
        """Have a request painted otherwise from now on, see ``Dispatcher.steer``.

        Where the worker dies before it answers, it counts from where the request goes on; that is bounded by how long
        a worker can be silent.
        """
        if record.device is None:
            self._steer_waiting(record, steering)
            await self.note(record)
            return record.request
        request_id = record.request.id
        before = *record.request.steering, *self._unanswered.steering(request_id)
        steered(replace(record.request, steering=before), steering, record.step)
        answer = self._unanswered.add(request_id, steering)
        self._sending.steer(record.device.number, request_id, steering)
        return await answer

    async def take_answer(self, record: Record, event: Steered) -> None:
        """Take note that a device paints a request otherwise, or why not."""
        said = self._unanswered.pop(record.request.id)
        if said is None:  # a worker got it that came up while another went down, and no longer has the request
            return
        if event.refusal:
            said.refuse(RequestError(event.refusal))
            return
        record.request = replace(record.request, steering=event.steering)
        if record.device is not None:
            record.device.running[record.request.id] = record.painted
        await self.note(record, said)

    def steer_again(self, record: Record) -> Sequence[Said]:
        """Let what a device did not answer count from where a request goes on, and return what of it can."""
        granted = []
        for said in self._unanswered.pop_all(record.request.id):
            try:
                self._steer_waiting(record, said.steering)
            except RequestError as error:
                said.refuse(error)
            else:
                granted.append(said)
        return granted

    async def note(self, record: Record, *granted: Said) -> None:
        """Write down how a request is steered, and then tell."""
        request = record.request
        await self._journal.change(request)
        for said in granted:
            said.grant(request)
        self._register.tell(record, Steered(request.id, request.steering))

    def end(self, request_id: str) -> None:
        """Answer all who wait that a request has ended."""
        for said in self._unanswered.pop_all(request_id):
            said.grant(None)

    def _steer_waiting(self, record: Record, steering: Sequence[Steering]) -> None:
        """Steer what no device paints from where it goes on; raises ``RequestError``."""
        step = record.checkpoint.step if record.checkpoint else 0
        record.request = steered(record.request, steering, step)
        self._plan.replace(record.painted)
