"""Batches from the command line: what is finished stays, what is wrong is named."""

import asyncio
import html
import json
from pathlib import Path

import pytest
from PIL import Image

from bot.batch import read
from config.settings import Settings
from config.settings.models import ModelsSettings
from config.settings.painting import PaintingSettings
from easel.batches import NOT_FETCHED, STATE, Job, jobs_of, missing, painted, read_file
from easel.contact_sheet import INDEX, SHEET, Entry, page, sheet
from easel.picture_file import SaveError
from generation.dispatch.record import Update
from generation.metadata import Metadata, encode
from generation.metadata import read as read_metadata
from generation.request import ImagineRequest
from tests.easel.conftest import Easel
from tests.easel.processes import finish, settings_for
from tests.generation.scripted import ScriptedExecutor

PAINTING = PaintingSettings()
FILE = b"a red apple --seed 7\na <b>pear</b> --repeat 2 --video gif\nbad --sead 7\na cow --size 80x64\n"
SMALL = ["painting.steps=2", "painting.width=64", "painting.height=64"]


def jobs(folder: Path, data: bytes, seeds: dict[str, int] | None = None) -> list[Job]:
    return jobs_of(read(data, "a.txt", PAINTING).lines, folder, {} if seeds is None else seeds)


def write(job: Job) -> None:
    """Write the picture of a job as a worker makes it."""
    image = Image.new("RGB", job.request.shape, "red")
    job.file.write_bytes(encode(image, "PNG", Metadata(job.request)))


def test_a_file_is_painted_once(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    (tmp_path / "a.txt").write_bytes(FILE)
    words = "batch", "a.txt", *SMALL, *settings_for(tiny_models)
    code, out, err = finish(tmp_path, *words)
    assert (code, err) == (1, "easel: line 3: There is no flag --sead; did you mean --seed?\n")
    assert out == "a: 4 painted, 1 skipped; index.html\n"
    folder = tmp_path / "a"
    names = sorted(path.name for path in folder.iterdir())
    begun = [name.partition("-")[0] for name in names]
    assert begun == ["0001", *["0002"] * 4, "0004", "batch.json", "contact", "index.html"]
    assert [name.rpartition(".")[2] for name in names[1:5]] == ["gif", "png"] * 2
    first, second = (read_metadata((folder / name).read_bytes()).request for name in (names[2], names[4]))
    assert (second.seed - first.seed) % 2**32 == 1
    shown = (folder / INDEX).read_text()
    assert shown.count("<figure") == 4
    assert "a &lt;b&gt;pear&lt;/b&gt;" in shown
    assert "<b>" not in shown
    assert '<li value="3">There is no flag --sead' in shown
    before = {name: (folder / name).stat().st_mtime_ns for name in names if name.startswith("0")}
    (folder / names[4]).unlink()
    code, out, err = finish(tmp_path, *words, "--json")
    assert json.loads(out) == {"painted": 1, "already": 3, "failed": 0, "skipped": 1, "out": "a"}
    assert sorted(path.name for path in folder.iterdir()) == names, "the same seed again"
    after = {name: (folder / name).stat().st_mtime_ns for name in names if name.startswith("0")}
    assert {name for name in before if before[name] != after[name]} == {names[3], names[4]}


def test_what_is_finished_is_known_by_its_file(tmp_path: Path) -> None:
    seeds: dict[str, int] = {}
    first, second, third = jobs(tmp_path, b"a cat\na cat\na dog --seed 7\n", seeds)
    assert len(seeds) == 2
    assert jobs(tmp_path, b"# later\na dog --seed 7\na cat\na cat\n", seeds)[1].request.seed == first.request.seed
    assert not first.is_finished
    write(first)
    assert first.is_finished
    assert not second.is_finished
    first.file.write_bytes(first.file.read_bytes()[:100])
    assert not first.is_finished
    write(third)
    third.file.rename(second.file)
    assert not second.is_finished, "it is another picture"


def test_pictures_of_lines_that_moved_are_not_painted_again(tmp_path: Path) -> None:
    seeds: dict[str, int] = {}
    for job in jobs(tmp_path, b"a cat\na cow --seed 7 --video gif\na cow --seed 7 --steps 9\n", seeds):
        write(job)
        job.file.with_suffix(".gif").write_bytes(f"film of {job.number}".encode())
    later = jobs(tmp_path, b"a dog\na cat\na cow --seed 7 --video gif\na cow --seed 7 --steps 9\n", seeds)
    assert [job.request.prompt for job in missing(later)] == ["a dog"]
    assert all(job.is_finished for job in later[1:])
    assert later[2].file.with_suffix(".gif").read_text() == "film of 2"
    assert sorted(path.name[:4] for path in tmp_path.glob("*.png")) == ["0002", "0003", "0004"]


def test_pictures_that_have_changed_places_are_painted_again(tmp_path: Path) -> None:
    for job in jobs(tmp_path, b"a cow --seed 7\na cow --seed 7 --steps 9\na cat --seed 1\na cat --seed 1\n"):
        write(job)
    later = jobs(tmp_path, b"a cow --seed 7 --steps 9\na cow --seed 7\na cat --seed 1\na cat --seed 1\n")
    assert [job.number for job in missing(later)] == [1, 2]


def test_a_line_with_choices_is_several_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "a {red, green} bird --repeat 2\na cat --seed 7 --steps {2, 3}\na `{b, c}`\n{a, b --sead}\n"
    )
    found = read_file(tmp_path / "a.txt", Settings())
    assert [(each.number, "--sead" in each.reason) for each in found.bad] == [(4, True)]
    seeds: dict[str, int] = {}
    asked = jobs_of(found.lines, tmp_path, seeds)
    assert [(job.number, job.request.prompt) for job in asked] == [
        *[(1, "a red bird")] * 2,
        *[(1, "a green bird")] * 2,
        *[(2, "a cat")] * 2,
        (3, "a `{b, c}`"),
    ]
    assert [job.request.id for job in asked] == ["1.0", "1.1", "1.2", "1.3", "2.0", "2.1", "3.0"]
    assert [job.file.name for job in asked[4:6]] == ["0002-a-cat-7.png", "0002-a-cat-7-2.png"]
    assert len({job.file for job in asked}) == 7
    for job in asked:
        write(job)
    assert not missing(jobs_of(found.lines, tmp_path, seeds))
    (tmp_path / "a.txt").write_text("a cow\na cat --seed 7 --steps {1, 2, 3}\n")
    later = jobs_of(read_file(tmp_path / "a.txt", Settings()).lines, tmp_path, seeds)
    assert [(job.request.prompt, job.request.steps) for job in missing(later)] == [("a cow", 250), ("a cat", 1)]


def test_addresses_in_front_of_a_line_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("https://a.example/x.png a {cat, dog}\na hen\n")
    found = read_file(tmp_path / "a.txt", Settings())
    assert [line.number for line in found.lines] == [2]
    assert [(each.number, each.reason) for each in found.bad] == [(1, NOT_FETCHED)]


def test_flags_about_pictures_that_no_file_gives_are_bad_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a cat --as target\na dog --sead 7\na cow --strength 0.5\na hen\n")
    found = read_file(tmp_path / "a.txt", Settings())
    assert [line.number for line in found.lines] == [4]
    assert [line.number for line in found.bad] == [1, 2, 3]
    assert "`--as` is about a picture" in found.bad[0].reason


async def test_each_is_saved_as_soon_as_it_is_there(tmp_path: Path) -> None:
    asked = jobs(tmp_path, b"a cat --seed 1\na dog --seed 2\na cow --seed 3\n")
    updates: list[Update] = []
    executor = ScriptedExecutor(slots=1)
    running = asyncio.create_task(painted(asked, executor, updates.append))
    cat = await executor.next("a cat")
    executor.finish(cat)
    dog = await executor.next("a dog")
    await executor.until(lambda: True)
    executor.fail(dog, "It does not work.")
    cow = await executor.next("a cow")
    assert [job.file.exists() for job in asked] == [True, False, False]
    executor.finish(cow)
    assert await running == {asked[1].request.id: "It does not work."}
    assert [job.file.exists() for job in asked] == [True, False, True]
    assert not executor.entered


async def test_what_breaks_off_loses_nothing_that_is_finished(tmp_path: Path) -> None:
    asked = jobs(tmp_path, b"a cat --seed 1\na dog --seed 2\n")
    executor = ScriptedExecutor(slots=1)
    running = asyncio.create_task(painted(asked, executor, lambda _: None))
    executor.finish(await executor.next("a cat"))
    await executor.next("a dog")
    running.cancel()
    await asyncio.wait([running])
    assert not executor.entered
    assert [job.file.exists() for job in asked] == [True, False]


async def test_a_full_disk_ends_it_in_a_sentence(tmp_path: Path) -> None:
    (asked,) = jobs(tmp_path / "gone", b"a cat\n")
    executor = ScriptedExecutor()
    running = asyncio.create_task(painted([asked], executor, lambda _: None))
    executor.finish(await executor.next("a cat"))
    with pytest.raises(SaveError, match="cannot be written"):
        await running
    assert not executor.entered


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.txt", b"", "There is nothing to paint in the file"),
        ("a.txt", b"a" * ((1 << 20) + 1), "larger than 1 MB"),
        ("a.csv", b"a cat\n", "The first line should name the columns"),
        ("a.png", b"\x89PNG\0", "The file is no text"),
        ("a.txt", b"a --repeat 100\n" * 51, "asks for 5100 pictures; 5000 are possible"),
        ("b.txt", None, "No such file"),
    ],
)
def test_a_file_that_is_none_is_refused(
    easel: Easel, tmp_path: Path, name: str, data: bytes | None, sentence: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    code, out, err = easel("batch", name, "--out", "pictures")
    assert (code, out) == (2, "")
    assert sentence in " ".join(err.replace("│", " ").split())


def test_a_folder_that_is_none_is_refused(easel: Easel, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a cat\n")
    assert easel("batch", "a.txt", "--out", "a.txt")[0] == 2
    assert easel("batch", "a.txt", "--out", "a.txt/b")[0] == 2
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / STATE).write_text("[1]")
    code, _, err = easel("batch", "a.txt", "--out", "b")
    assert code == 2
    assert "is damaged; delete it, or name another" in " ".join(err.replace("│", " ").split())


def test_where_nothing_is_right_there_is_a_page_that_says_so(easel: Easel, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("--sead 7\n")
    code, out, err = easel("batch", "a.txt")
    assert (code, out) == (1, "a: 1 skipped; no picture\n")
    assert "line 1: There is no flag --sead" in err
    assert "There is no flag" in (tmp_path / "a" / INDEX).read_text()
    assert not (tmp_path / "a" / SHEET).exists()


@pytest.mark.parametrize("count", [1, 5, 300])
def test_the_contact_sheet_has_them_all_and_is_bounded(tmp_path: Path, count: int) -> None:
    file = tmp_path / "a.png"
    Image.new("RGB", (300, 200), "red").save(file)
    request = ImagineRequest("a", "a cat", 1, 300, 200, 1)
    whole = sheet([Entry(number, request, file) for number in range(count)])
    assert whole.width * whole.height < 1.5 * (1 << 24)
    red = whole.resize((64, 64), Image.Resampling.BOX).getcolors(4096)
    assert red is not None
    assert any(colour[0] > 200 > 120 > colour[1] for _, colour in red if isinstance(colour, tuple))


def test_what_anybody_typed_is_escaped() -> None:
    nasty = "\"'><script>alert(1)</script>"
    request = ImagineRequest("a", nasty, 1, 64, 64, 1)
    shown = page(nasty, [Entry(1, request, Path("a \"<b>'.png"))], [(2, nasty)])
    assert "<script>" not in shown
    assert shown.count(html.escape(nasty)) >= 4
    assert 'src="a%20%22%3Cb%3E%27.png"' in shown
