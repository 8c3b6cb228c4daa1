import os
import subprocess
import sys
from pathlib import Path

import pytest

from store.errors import LockedError, StoreError
from store.lock import locked

HOLD = """
import sys
from pathlib import Path
from store.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_process_holds_a_folder_until_it_ends_however_that_happens(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        for _ in range(2):
            with (
                pytest.raises(LockedError, match=rf"in use by process {holder.pid}: stop it") as raised,
                locked(folder),
            ):
                pass
            assert "\n" not in str(raised.value)
        holder.kill()
    with locked(folder):
        assert (folder / "easel.lock").read_text("ascii") == f"{os.getpid()}\n"


def test_a_lock_that_says_anything(tmp_path: Path) -> None:
    (tmp_path / "easel.lock").write_bytes(b"\xff\0\n12\n")
    with locked(tmp_path), pytest.raises(LockedError, match=f"process {os.getpid()}"), locked(tmp_path):
        pass


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"^data_dir: .* cannot be locked: File exists\.$"), locked(tmp_path / "file"):
        pass
