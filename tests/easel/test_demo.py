"""The whole product in one command."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from config.settings.models import ModelsSettings
from tests.easel.processes import PATIENCE, descendants, finish, is_alive, settings_for, start, wait_until


def line_of(demo: "subprocess.Popen[str]", beginning: str) -> str:
    """Return the rest of the next line of the demo, which must begin so."""
    assert demo.stdout is not None
    line = demo.stdout.readline().strip()
    assert line.startswith(beginning), (line, demo.poll())
    return line.removeprefix(beginning)


def test_from_nothing_to_a_finished_picture(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    models = settings_for(tiny_models)
    with start(tmp_path, "demo", "--port", "0", "--no-browser", "painting.steps=3", *models) as demo:
        assert line_of(demo, "Easel is ready at http://127.0.0.1:").endswith(" (Ctrl-C stops it)")
        assert line_of(demo, "").endswith(" types .imagine a sunset over the sea")
        path = line_of(demo, "Finished: ").removesuffix(" (a sunset over the sea)")
        processes = descendants(demo.pid)
        demo.send_signal(signal.SIGTERM)
        out, err = demo.communicate(timeout=PATIENCE)
    assert (demo.returncode, out, err) == (0, "", "")
    assert len(processes) >= 2
    assert not any(map(is_alive, processes))
    assert Path(path).is_relative_to("data/demo")
    with Image.open(tmp_path / path) as picture:
        assert picture.size == (128, 128)


def test_ctrl_c_with_nothing_typed(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    models = settings_for(tiny_models)
    with start(tmp_path, "demo", "--port", "0", "--no-browser", "--prompt", "", *models) as demo:
        line_of(demo, "Easel is ready at ")
        processes = descendants(demo.pid)
        demo.send_signal(signal.SIGINT)
        out, err = demo.communicate(timeout=PATIENCE)
    assert (demo.returncode, out, err) == (0, "", "")
    assert not any(map(is_alive, processes))


def test_the_demo_ends_with_its_sandbox(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    models = settings_for(tiny_models)
    with start(tmp_path, "demo", "--port", "0", "--no-browser", "--prompt", "", *models) as demo:
        line_of(demo, "Easel is ready at ")
        processes = descendants(demo.pid)
        (sandbox,) = (pid for pid in processes if b"sandbox" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))
        os.kill(sandbox, signal.SIGKILL)
        _, err = demo.communicate(timeout=PATIENCE)
    assert demo.returncode == 1
    assert err.endswith("easel: The sandbox ended, and the demo with it.\n")
    assert not any(map(is_alive, processes))


def test_nothing_outlives_a_killed_demo(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    models = settings_for(tiny_models)
    with start(tmp_path, "demo", "--port", "0", "--no-browser", "--prompt", "", *models) as demo:
        line_of(demo, "Easel is ready at ")
        processes = descendants(demo.pid)
        demo.kill()
    wait_until(lambda: not any(map(is_alive, processes)))


def test_sigterm_before_it_is_ready(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    models = settings_for(tiny_models)
    with start(tmp_path, "demo", "--port", "0", "--no-browser", *models) as demo:
        wait_until(lambda: descendants(demo.pid))
        processes = descendants(demo.pid)
        demo.terminate()
        out, err = demo.communicate(timeout=PATIENCE)
    assert (demo.returncode, out, err) == (0, "", "")
    assert not any(map(is_alive, processes))


@pytest.mark.parametrize("command", [["demo", "--no-browser"], ["sandbox"]])
def test_a_port_in_use(tmp_path: Path, command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = finish(tmp_path, *command, "--port", str(port))
    assert (code, out) == (78, "")
    assert err.startswith(f"easel: Port {port} cannot be had (Address already in use); choose another")
    assert err.count("\n") == 1
