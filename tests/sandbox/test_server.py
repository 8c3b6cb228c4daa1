import asyncio
import sys

import aiohttp
import pytest

from sandbox import Sandbox, serve


async def test_a_port_in_use_is_an_oserror(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        await Sandbox(port).__aenter__()


async def test_serving_until_cancelled() -> None:
    ready: asyncio.Future[Sandbox] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(0, ready.set_result))
    sandbox = await ready
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{sandbox.url}/sandbox/state") as answer:
            assert await answer.json() == sandbox.state()
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.get(f"{sandbox.url}/sandbox/state")


async def test_ids_and_tokens_outlive_a_restart() -> None:
    states = []
    for _ in range(2):
        async with Sandbox() as sandbox:
            states.append(sandbox.state())
    assert states[0] == states[1]


async def test_waiting_ends(sandbox: Sandbox) -> None:
    with pytest.raises(TimeoutError):
        await sandbox.until(lambda: False, seconds=0.01)


async def test_the_command_serves_and_stops_on_a_signal() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().split()[-1]
    async with aiohttp.ClientSession() as http, http.get(f"{url}/sandbox/state") as answer:
        assert (await answer.json())["bot"]["name"] == "Easel"
    process.terminate()
    await process.communicate()
    assert process.returncode == 0
