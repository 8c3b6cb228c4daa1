from generation.capacity import Capacity
from generation.dispatch.devices import Pool
from generation.dispatch.plan import Plan
from tests.generation.simulated import a_request, up


def a_plan(*names: str) -> Plan:
    """Return a plan in which workers have died over two requests on the first device, and one waits."""
    plan = Plan(Pool([up(number, name, Capacity(2)) for number, name in enumerate(names)]))
    for number in range(2):
        plan.interrupted.append(a_request(number))
        plan.suspects[f"r{number}"] = names[0]
    plan.scheduler.add(a_request(2))
    return plan


def placed(plan: Plan) -> dict[str, int]:
    return {request.id: device.number for request, device in plan.assign()}


def test_each_over_which_a_worker_died_has_a_device_alone_and_the_rest_waits() -> None:
    plan = a_plan("cuda:0")
    for number in range(2):
        assert placed(plan) == {f"r{number}": 0}
        assert placed(plan) == {}
        plan.remove(f"r{number}")
    assert placed(plan) == {"r2": 0}
    assert not plan.suspects


def test_only_the_device_on_which_its_worker_died_goes_on_with_the_line() -> None:
    plan = a_plan("cuda:0", "cuda:1")
    assert placed(plan) == {"r0": 1, "r2": 0}
    plan.remove("r0")
    assert placed(plan) == {"r1": 1}


def test_of_two_workers_on_a_cpu_either_will_do() -> None:
    assert placed(a_plan("cpu", "cpu")) == {"r0": 0, "r1": 1}


def test_what_runs_when_another_goes_on_is_not_joined() -> None:
    plan = a_plan("cuda:0")
    plan.pool.devices[0].running["r9"] = a_request(9)
    assert placed(plan) == {}
    plan.remove("r9")
    assert placed(plan) == {"r0": 0}
