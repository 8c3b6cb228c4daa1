"""Downloads from a mirror on this machine, with every trouble that mirrors have."""

import hashlib
import resource
from dataclasses import replace
from pathlib import Path

import pytest

from tests.weights import mirror as answers
from tests.weights.conftest import CONTENT, OTHER, Fetch, Heard
from tests.weights.mirror import Answer, Mirror, serving
from weights.catalogue import Model
from weights.errors import FetchError
from weights.fetch import fetch

DIGEST = hashlib.sha256(CONTENT).hexdigest()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


async def test_a_file_comes_with_its_digest_beside_it(mirror: Mirror, fetch_file: Fetch, heard: Heard) -> None:
    async with serving(mirror):
        path = await fetch_file(mirror.file())
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == {"model.ckpt", "model.ckpt.sha256"}
    assert path.with_name("model.ckpt.sha256").read_text() == f"{DIGEST}  model.ckpt\n"
    assert heard.come_to[-1] == (len(CONTENT), len(CONTENT))
    assert DIGEST in heard.lines[-1]


async def test_what_is_there_is_not_fetched_again(mirror: Mirror, fetch_file: Fetch) -> None:
    async with serving(mirror):
        await fetch_file(mirror.file())
        await fetch_file(mirror.file())
    assert len(mirror.heard) == 1


@pytest.mark.parametrize("sha256", [DIGEST, None])
@pytest.mark.parametrize("after", [1, 65536, 299_999])
async def test_what_broke_off_goes_on(mirror: Mirror, fetch_file: Fetch, after: int, sha256: str | None) -> None:
    mirror.answers = [answers.cut_off(after)]
    async with serving(mirror):
        path = await fetch_file(mirror.file(sha256=sha256))
    assert path.read_bytes() == CONTENT
    assert mirror.ranges == [None, f"bytes={after}-"]
    assert mirror.heard[1]["If-Range"] == mirror.etag


async def test_what_breaks_off_again_and_again_goes_on_as_long_as_more_comes(mirror: Mirror, fetch_file: Fetch) -> None:
    mirror.answers = [answers.cut_off(70_000)] * 4
    async with serving(mirror):
        path = await fetch_file(mirror.file())
    assert path.read_bytes() == CONTENT
    assert mirror.ranges[-1] == "bytes=280000-"


async def test_what_breaks_off_without_coming_further_is_given_up_and_kept(
    mirror: Mirror, fetch_file: Fetch, tmp_path: Path
) -> None:
    mirror.answers = [answers.cut_off(1000), *[answers.cut_off(0)] * 4]
    async with serving(mirror):
        with pytest.raises(FetchError, match=r"model.ckpt cannot be had: 127\.0\.0\.1:\d+ .*broke off"):
            await fetch_file(mirror.file())
    assert (tmp_path / "tiny" / "model.ckpt.part").read_bytes() == CONTENT[:1000]
    assert not (tmp_path / "tiny" / "model.ckpt").exists()


async def test_the_next_command_goes_on(mirror: Mirror, fetch_file: Fetch) -> None:
    mirror.answers = [answers.cut_off(1000), *[answers.status(503)] * 2]
    async with serving(mirror):
        with pytest.raises(FetchError, match="answers 503"):
            await fetch_file(mirror.file())
        path = await fetch_file(mirror.file())
    assert path.read_bytes() == CONTENT
    assert mirror.ranges[-1] == "bytes=1000-"


async def test_a_mirror_that_ignores_ranges_begins_anew(mirror: Mirror, fetch_file: Fetch) -> None:
    mirror.answers = [answers.cut_off(1000), answers.without_ranges]
    async with serving(mirror):
        path = await fetch_file(mirror.file())
    assert path.read_bytes() == CONTENT
    assert len(mirror.heard) == 2


WRONG = ["bytes 0-299999/300000", "bytes 1000-299998/300000", "bytes 1000-299999/*", "bytes 1001-299999/300000", "1000"]


@pytest.mark.parametrize("content_range", WRONG)
async def test_another_range_than_the_rest_is_refused(
    mirror: Mirror, fetch_file: Fetch, heard: Heard, content_range: str
) -> None:
    mirror.answers = [answers.cut_off(1000), answers.another_range(content_range)]
    async with serving(mirror):
        path = await fetch_file(mirror.file())
    assert path.read_bytes() == CONTENT
    assert mirror.ranges == [None, "bytes=1000-", None]
    assert any("another part than the rest" in line for line in heard.lines)


async def test_a_part_that_nobody_asked_for_is_refused(mirror: Mirror, fetch_file: Fetch) -> None:
    mirror.answers = [answers.another_range("bytes 0-299999/300000")]
    async with serving(mirror):
        with pytest.raises(FetchError, match="nobody asked for"):
            await fetch_file(mirror.file())


@pytest.mark.parametrize("sha256", [hashlib.sha256(OTHER).hexdigest(), None])
async def test_a_file_that_changed_meanwhile_comes_whole(mirror: Mirror, fetch_file: Fetch, sha256: str | None) -> None:
    mirror.answers = [answers.cut_off(1000), *[answers.status(503)] * 2]
    async with serving(mirror):
        with pytest.raises(FetchError):
            await fetch_file(mirror.file())
        mirror.content, mirror.etag = OTHER, '"2"'
        path = await fetch_file(mirror.file(sha256=sha256))
    assert path.read_bytes() == OTHER


async def test_the_rest_of_another_version_is_refused(mirror: Mirror, fetch_file: Fetch, heard: Heard) -> None:
    rest = "bytes 1000-299999/300000"
    mirror.answers = [answers.cut_off(1000), answers.another_range(rest, etag='"2"')]
    async with serving(mirror):
        path = await fetch_file(mirror.file(sha256=None))
    assert path.read_bytes() == CONTENT
    assert mirror.ranges == [None, "bytes=1000-", None]
    assert any("another file than before" in line for line in heard.lines)


@pytest.mark.parametrize(
    "trouble",
    [
        [answers.status(404)],
        [answers.status(403)],
        [answers.status(503)] * 3,
        [answers.never] * 3,
        [answers.stalling(1000)] * 3,
        [answers.cut_off(0)] * 3,
        [answers.saying(Content_Type="text/html; charset=utf-8")],
        [answers.saying(Content_Encoding="gzip")],
        [answers.announcing(299_999)],
        [answers.without_an_end],
        [answers.leading_to("http://example.invalid/file")],
        [answers.leading_to("file:///etc/passwd")],
        [answers.leading_to("ftp://127.0.0.1/file")],
        [answers.leading_to("http://[")],
        [answers.leading_to("/file")] * 10,
    ],
)
async def test_the_next_mirror_is_taken(mirror: Mirror, fetch_file: Fetch, trouble: list[Answer], heard: Heard) -> None:
    first = Mirror(CONTENT, list(trouble))
    async with serving(first, mirror):
        path = await fetch_file(mirror.file(mirrors=(f"{first.url}/file", f"{mirror.url}/file")))
    assert path.read_bytes() == CONTENT
    assert first.answers == []
    assert len(mirror.heard) == 1
    assert any(line.startswith(first.url.removeprefix("http://")) for line in heard.lines)


async def test_a_mirror_that_nobody_serves_is_passed_over(mirror: Mirror, fetch_file: Fetch) -> None:
    async with serving(mirror):
        path = await fetch_file(mirror.file(mirrors=("http://127.0.0.1:9/file", f"{mirror.url}/file")))
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("url", ["http://example.invalid/file", "ftp://127.0.0.1/file"])
async def test_other_addresses_are_not_asked(mirror: Mirror, fetch_file: Fetch, url: str) -> None:
    with pytest.raises(FetchError, match="not https"):
        await fetch_file(mirror.file(mirrors=(url,)))


async def test_redirects_are_followed(mirror: Mirror, fetch_file: Fetch) -> None:
    mirror.answers = [answers.leading_to("/elsewhere?a=%2Fb")]
    async with serving(mirror):
        path = await fetch_file(mirror.file())
    assert path.read_bytes() == CONTENT
    assert mirror.paths == ["/file", "/elsewhere"]


async def test_a_file_that_comes_in_drops(mirror: Mirror, fetch_file: Fetch) -> None:
    mirror.answers = [answers.in_drops]
    async with serving(mirror):
        assert (await fetch_file(mirror.file())).read_bytes() == CONTENT


async def test_another_file_is_never_put_in_place(mirror: Mirror, fetch_file: Fetch, tmp_path: Path) -> None:
    false = Mirror(OTHER)
    async with serving(false, mirror):
        with pytest.raises(FetchError, match="has another file: its SHA-256 begins with"):
            await fetch_file(mirror.file(mirrors=(f"{false.url}/file",)))
        assert names(tmp_path / "tiny") == {"model.ckpt.part"}
        assert (tmp_path / "tiny" / "model.ckpt.part").read_bytes() == b""
        path = await fetch_file(mirror.file(mirrors=(f"{false.url}/file", f"{mirror.url}/file")))
    assert path.read_bytes() == CONTENT


async def test_one_mirror_goes_on_where_another_broke_off(mirror: Mirror, fetch_file: Fetch) -> None:
    first = Mirror(CONTENT, [answers.cut_off(1000), *[answers.status(503)] * 2])
    async with serving(first, mirror):
        path = await fetch_file(mirror.file(mirrors=(f"{first.url}/file", f"{mirror.url}/file")))
    assert path.read_bytes() == CONTENT
    assert mirror.ranges == ["bytes=1000-"]
    assert "If-Range" not in mirror.heard[0]


async def test_where_another_began_wrongly_a_mirror_begins_anew(mirror: Mirror, fetch_file: Fetch) -> None:
    false = Mirror(OTHER, [answers.cut_off(1000), *[answers.status(503)] * 2])
    async with serving(false, mirror):
        path = await fetch_file(mirror.file(mirrors=(f"{false.url}/file", f"{mirror.url}/file")))
    assert path.read_bytes() == CONTENT
    assert mirror.ranges == ["bytes=1000-", None]


async def test_without_a_published_digest_mirrors_are_not_mixed(mirror: Mirror, fetch_file: Fetch) -> None:
    false = Mirror(OTHER, [answers.cut_off(1000), *[answers.status(503)] * 2])
    async with serving(false, mirror):
        path = await fetch_file(mirror.file(mirrors=(f"{false.url}/file", f"{mirror.url}/file"), sha256=None))
    assert path.read_bytes() == CONTENT
    assert mirror.ranges == [None]


@pytest.mark.parametrize("answer", [answers.announcing(400_001), answers.without_an_end])
async def test_more_than_a_file_may_have_is_refused(mirror: Mirror, fetch_file: Fetch, answer: Answer) -> None:
    mirror.answers = [answer]
    async with serving(mirror):
        with pytest.raises(FetchError, match="at most 400000 bytes"):
            await fetch_file(mirror.file(size=400_000, exact=False, sha256=None))


async def test_a_file_of_unknown_size_is_taken_as_it_is(mirror: Mirror, fetch_file: Fetch) -> None:
    async with serving(mirror):
        path = await fetch_file(mirror.file(size=400_000, exact=False, sha256=None))
    assert path.read_bytes() == CONTENT


async def test_an_empty_file_is_none(fetch_file: Fetch) -> None:
    empty = Mirror(b"")
    async with serving(empty):
        with pytest.raises(FetchError):
            await fetch_file(empty.file(size=400_000, exact=False, sha256=None))


async def test_what_cannot_fit_is_not_begun(mirror: Mirror, fetch_file: Fetch, tmp_path: Path) -> None:
    mirror.answers = [answers.announcing(10**15)]
    async with serving(mirror):
        with pytest.raises(FetchError, match=r"free, but 1000000\.07 GB are needed: make room"):
            await fetch_file(mirror.file(size=10**15))
    assert (tmp_path / "tiny" / "model.ckpt.part").read_bytes() == b""


async def test_a_disk_that_fills_up_ends_it_and_what_came_is_kept(
    mirror: Mirror, fetch_file: Fetch, tmp_path: Path
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with serving(mirror):
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(FetchError, match=r"model\.ckpt\.part cannot be written: File too large"):
                await fetch_file(mirror.file())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert len(mirror.heard) == 1
        assert (tmp_path / "tiny" / "model.ckpt.part").read_bytes() == CONTENT[:100_000]
        path = await fetch_file(mirror.file())
    assert path.read_bytes() == CONTENT
    assert mirror.ranges == [None, "bytes=100000-"]


@pytest.mark.parametrize("note", [None, b"", b"\xff\n\n", b"one line", b"a\nb\nc\nd\n"])
async def test_bytes_of_unknown_origin_are_not_used(
    mirror: Mirror, fetch_file: Fetch, tmp_path: Path, note: bytes | None
) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "model.ckpt.part").write_bytes(OTHER[:1000])
    if note is not None:
        (folder / "model.ckpt.part.origin").write_bytes(note)
    async with serving(mirror):
        path = await fetch_file(mirror.file(sha256=None))
    assert path.read_bytes() == CONTENT
    assert mirror.ranges == [None]


async def test_a_mirror_whose_file_became_shorter_than_what_is_there(mirror: Mirror, fetch_file: Fetch) -> None:
    mirror.answers = [answers.cut_off(1000), *[answers.status(503)] * 2]
    async with serving(mirror):
        file = mirror.file(size=400_000, exact=False, sha256=None)
        with pytest.raises(FetchError):
            await fetch_file(file)
        mirror.content = OTHER[:500]
        path = await fetch_file(file)
    assert path.read_bytes() == OTHER[:500]
    assert mirror.ranges[-2:] == ["bytes=1000-", None]


@pytest.mark.parametrize("left", [300_000, 300_001])
async def test_a_part_that_is_whole_or_too_long(mirror: Mirror, fetch_file: Fetch, tmp_path: Path, left: int) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "model.ckpt.part").write_bytes((CONTENT + b"!")[:left])
    async with serving(mirror):
        (folder / "model.ckpt.part.origin").write_text(f'{mirror.url}/file\n"1"\n')
        path = await fetch_file(mirror.file())
    assert path.read_bytes() == CONTENT
    assert mirror.ranges == [None] * (left - 300_000)


async def test_a_part_that_a_link_leads_away_from_is_not_followed(
    mirror: Mirror, fetch_file: Fetch, tmp_path: Path
) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "tiny" / "model.ckpt.part").symlink_to(tmp_path / "precious")
    async with serving(mirror):
        with pytest.raises(FetchError, match="cannot be written"):
            await fetch_file(mirror.file())
    assert (tmp_path / "precious").read_text() == "precious"


async def test_all_files_of_a_model_come(mirror: Mirror, heard: Heard, tmp_path: Path) -> None:
    async with serving(mirror):
        files = mirror.file(name="model.yaml"), mirror.file()
        model = Model("tiny/a@b", "vqgan", "MIT", files)
        entry = await fetch(model, tmp_path, heard)
        assert entry == tmp_path / "tiny-a-b" / "model.yaml"
        (entry.parent / "model.ckpt").unlink()
        await fetch(replace(model, licence="MIT"), tmp_path, heard)
    assert len(mirror.heard) == 3
    assert (entry.parent / "model.ckpt").read_bytes() == CONTENT
