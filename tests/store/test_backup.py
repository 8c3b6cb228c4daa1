"""What is put back, and what is not."""

import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from config.layers import load
from config.settings import Settings
from store.backup import MANIFEST, back_up, restore
from store.database import opened
from store.errors import StoreError

GOOD = '{"format": 1, "made": 0.0, "has_database": true}'


def settings(folder: Path, **environment: str) -> Settings:
    return load(environment=environment, arguments=[f"data_dir={folder}"])


@pytest.fixture
async def database(tmp_path: Path) -> bytes:
    """Make an empty database of ours."""
    async with opened(f"sqlite:///{tmp_path}/made.db"):
        pass
    return (tmp_path / "made.db").read_bytes()


def foreign(folder: Path, statement: str) -> bytes:
    """Return a database that is another's."""
    with closing(sqlite3.connect(folder / "other.db")) as connection:
        connection.execute(statement)
        connection.commit()
    return (folder / "other.db").read_bytes()


def archive(file: Path, members: dict[str, bytes | str], compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(file, "w", compression) as made:
        for name, data in members.items():
            made.writestr(name, data)


def refusal(tmp_path: Path) -> str:
    """Return why what is in the file is not put back, after which nothing is there."""
    target = tmp_path / "target"
    with pytest.raises(StoreError) as refused:
        restore(settings(target), tmp_path / "file.zip")
    assert [path.name for path in target.rglob("*")] == ["easel.lock"]
    return str(refused.value)


def test_there_and_back(tmp_path: Path, database: bytes) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for folder in ("pictures", "uploads", "checkpoints", "models"):
        (source / folder).mkdir(parents=True)
        (source / folder / "a1b2-a-cat-7.png").write_bytes(folder.encode())
    (source / "pictures" / ".a1b2.0.part").touch()
    (source / "pictures" / "link.png").symlink_to("/etc/passwd")
    (source / "easel.db").write_bytes(database)
    assert back_up(settings(source), tmp_path / "file.zip", pictures=True)
    assert restore(settings(target), tmp_path / "file.zip")
    there = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    files = {f"{folder}/a1b2-a-cat-7.png" for folder in ("pictures", "uploads", "checkpoints")}
    assert there == {"easel.db", "easel.lock", *files}
    assert (target / "pictures" / "a1b2-a-cat-7.png").read_bytes() == b"pictures"


@pytest.mark.parametrize(
    "name",
    [
        "../evil.png",
        "/evil.png",
        "pictures/../../evil.png",
        "pictures/a/b.png",
        "pictures/.hidden",
        "pictures/",
        "models/vqgan.yaml",
        "easel.yaml",
        "pictures\\..\\evil.png",
        "pictures/a\n.png",
    ],
)
def test_other_paths(tmp_path: Path, database: bytes, name: str) -> None:
    members: dict[str, bytes | str] = {MANIFEST: GOOD, "easel.db": database, name: b"x"}
    archive(tmp_path / "file.zip", members)
    assert refusal(tmp_path) == f"{tmp_path}/file.zip is no backup of Easel's."
    assert not [*tmp_path.rglob("evil*")]


def test_a_bomb(tmp_path: Path, database: bytes) -> None:
    members: dict[str, bytes | str] = {MANIFEST: GOOD, "easel.db": database, "pictures/a.png": bytes(10**7)}
    archive(tmp_path / "file.zip", members, zipfile.ZIP_DEFLATED)
    assert "holds more than its size" in refusal(tmp_path)


def test_a_size_that_is_a_lie(tmp_path: Path, database: bytes) -> None:
    file = tmp_path / "file.zip"
    archive(file, {MANIFEST: GOOD, "easel.db": database, "pictures/a.png": b"0123456789"})
    file.write_bytes(file.read_bytes().replace((10).to_bytes(4, "little") * 2, (10**9).to_bytes(4, "little") * 2))
    assert "holds more than its size" in refusal(tmp_path)


def test_a_link_is_put_back_as_a_file(tmp_path: Path, database: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "file.zip", "w") as made:
        made.writestr(MANIFEST, GOOD)
        made.writestr("easel.db", database)
        link = zipfile.ZipInfo("pictures/link.png")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    restore(settings(tmp_path / "target"), tmp_path / "file.zip")
    put = tmp_path / "target" / "pictures" / "link.png"
    assert not put.is_symlink()
    assert put.read_text() == "/etc/passwd"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice(tmp_path: Path, database: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "file.zip", "w") as made:
        for name, data in ((MANIFEST, GOOD), ("easel.db", database), ("easel.db", database)):
            made.writestr(name, data)
    assert "is no backup of Easel's" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: b"no archive", "is no backup of Easel's"),
        (lambda _: b"", "is no backup of Easel's"),
        (lambda data: data[:-40], "is no backup of Easel's"),
        (lambda data: data.replace(b"PICTURE", b"picture", 1), "is damaged"),
    ],
)
def test_what_is_cut_off_or_changed(
    tmp_path: Path, database: bytes, change: Callable[[bytes], bytes], words: str
) -> None:
    file = tmp_path / "file.zip"
    archive(file, {MANIFEST: GOOD, "easel.db": database, "pictures/a.png": b"PICTURE"})
    file.write_bytes(change(file.read_bytes()))
    assert words in refusal(tmp_path)


@pytest.mark.parametrize(
    "manifest", ["", "[]", "{}", '{"format": 2, "made": 0.0, "has_database": true}', '{"made": 0.0, "has_database": 1}']
)
def test_a_manifest_of_others(tmp_path: Path, database: bytes, manifest: str) -> None:
    archive(tmp_path / "file.zip", {MANIFEST: manifest, "easel.db": database})
    assert "is no backup of Easel's, or of a later version's." in refusal(tmp_path)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("CREATE TABLE guests (name TEXT)", "was made by another program"),
        ("CREATE TABLE alembic_version AS SELECT '9999' AS version_num", "was made by a later version of Easel"),
    ],
)
def test_a_database_of_others(tmp_path: Path, statement: str, words: str) -> None:
    archive(tmp_path / "file.zip", {MANIFEST: GOOD, "easel.db": foreign(tmp_path, statement)})
    assert words in refusal(tmp_path)


def test_no_database_at_all(tmp_path: Path) -> None:
    archive(tmp_path / "file.zip", {MANIFEST: GOOD, "easel.db": b"no database" * 1000})
    assert "file is not a database" in refusal(tmp_path)
    with pytest.raises(StoreError, match=r"^There is no database "):
        back_up(settings(tmp_path / "nothing"), tmp_path / "new.zip", pictures=True)
    assert not (tmp_path / "new.zip").exists()


def test_a_database_on_a_server_is_not_in_it(tmp_path: Path) -> None:
    source = settings(tmp_path / "source", EASEL_STORE__URL="postgresql://easel@localhost/easel")
    (tmp_path / "source" / "pictures").mkdir(parents=True)
    (tmp_path / "source" / "pictures" / "a.png").touch()
    assert not back_up(source, tmp_path / "file.zip", pictures=True)
    target = settings(tmp_path / "target", EASEL_STORE__URL="postgresql://easel@localhost/easel")
    assert not restore(target, tmp_path / "file.zip")
    assert (tmp_path / "target" / "pictures" / "a.png").exists()
