"""What is said of the disk and of what is kept."""

import os
import socket
import tempfile
from itertools import takewhile
from pathlib import Path

import pytest

from config.layers import load
from config.settings import Settings
from config.settings.serving import MetricsSettings
from easel.doctor.finding import Finding
from easel.doctor.machine import examine_disk, examine_port, examine_token_file
from tests.conftest import unprivileged


def settings(folder: Path) -> Settings:
    return load(environment={}, arguments=[f"data_dir={folder}"])


def test_a_folder_of_another_user(tmp_path: Path) -> None:
    """Also below folders that the other user has closed."""
    for folder in takewhile(lambda each: each != Path(tempfile.gettempdir()), (tmp_path, *tmp_path.parents[:-1])):
        folder.chmod(0o755)
    with unprivileged():
        if os.geteuid() == tmp_path.stat().st_uid:
            pytest.skip("only root can be somebody else")
        finding = examine_disk(settings(tmp_path / "data"))
    assert finding.level == "error"
    assert f"{tmp_path} belongs to root and cannot be written by nobody: chown -R nobody {tmp_path}" in finding.sentence


@pytest.mark.parametrize(("is_running", "level"), [(False, "error"), (True, "ok")])
def test_a_port_that_is_taken(is_running: bool, level: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        chosen = MetricsSettings(port=taken.getsockname()[1])
        finding = examine_port(chosen, is_running=is_running)
    assert finding is not None
    assert finding.level == level
    assert f"{chosen.port}" in finding.text
    free = examine_port(chosen, is_running=False)
    assert free is not None
    assert free.level == "ok"
    assert examine_port(MetricsSettings(), is_running=False) is None


def test_a_home_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "")
    finding = examine_disk(settings(Path("/nowhere")).model_copy(update={"data_dir": Path("~nobody-of-this-name/x")}))
    assert finding.level == "error"


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert examine_disk(settings(file)).sentence == f"{file} is not a folder: set data_dir"


def test_a_token_that_others_can_read(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.touch(mode=0o640)
    file.chmod(0o640)
    finding = examine_token_file(file)
    assert finding is not None
    assert finding.sentence == "others can read it (mode 640): chmod 600 it"
    file.chmod(0o600)
    assert examine_token_file(file) is None
    assert examine_token_file(tmp_path / "nothing") is None


def test_a_sentence_before_advice_has_no_full_stop() -> None:
    assert Finding("store", "error", "It does not answer.", "start it").sentence == "It does not answer: start it"
    assert Finding("store", "error", "It is damaged.").sentence == "It is damaged."
