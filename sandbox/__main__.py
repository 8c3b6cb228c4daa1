"""`python -m sandbox --port P`: serve until Ctrl-C."""

import argparse
import asyncio
import contextlib
import signal
import sys

from sandbox import Sandbox, serve


def _announce(sandbox: Sandbox) -> None:
    bot = sandbox.state()["bot"]
    print(f"Sandbox: {sandbox.url}\nAPI:     {sandbox.api_base}\nToken:   {bot['token']}", flush=True)


async def _main(port: int) -> None:
    serving = asyncio.ensure_future(serve(port, _announce))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Discord on your own machine.")
    parser.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1 (0 takes a free one)")
    options = parser.parse_args()
    try:
        asyncio.run(_main(options.port))
    except OSError as error:
        sys.exit(f"Cannot serve on port {options.port}: {error.strerror}. Choose another with --port.")
