"""Pictures that come with messages, by the real bot and the sandbox."""

import asyncio
import io
from collections.abc import Iterator
from hashlib import sha256

import pytest
from PIL import Image

from bot import uploads
from bot.fetch import ELSEWHERE
from bot.prompt import LIKENESS, NO_WORDS
from bot.uploads import MASK_ALONE, NO_START, NO_TARGET, ONE_START, TOO_MANY, TWO_STARTS, UNMOVED, split
from generation.decoding import UNREADABLE, decode
from generation.request import ImagineRequest
from generation.targets import Target
from tests.bot.conftest import MakeStage, Stage, picture

RED, GREEN = picture("red"), picture("green", "JPEG")


async def say(stage: Stage, text: str, *files: tuple[str, bytes], to: int | None = None) -> int:
    """Write a message with files and return its id."""
    more = {"message_reference": {"message_id": str(to)}} if to else {}
    return int((await stage.people("member").say("art", text, files=list(files), **more))["id"])


def colour(stage: Stage, request: ImagineRequest, digest: str) -> str:
    """Return the colour of a picture that the executor was given with a request."""
    png = stage.executor.pictures[request.id][digest]
    assert sha256(png).hexdigest() == digest
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        red, green, _ = image.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
        return "red" if red > green else "green" if green > red else "grey"


async def test_a_picture_that_is_attached_is_begun_from(stage: Stage) -> None:
    asked = await say(stage, ".imagine a red apple --seed 7 --init-weight 2 --fit pad", ("cat.png", RED))
    post = await stage.reply(asked)
    request = await stage.executor.next("a red apple")
    assert (request.init_picture, request.mask, request.targets) == (sha256(await decode(RED)).hexdigest(), "", ())
    assert (request.init_weight, request.fit) == (2.0, "pad")
    assert colour(stage, request, request.init_picture) == "red"
    assert [path.name for path in (stage.settings.data_dir / "uploads").iterdir()] == [request.init_picture]
    stage.executor.finish(request)
    await stage.shows(post, "seed 7 · 128×128 · 100 steps · init weight 2 · padded · from a picture · 21 s")
    await stage.shows(post, "-# Again: the same prompt and picture with `--seed 7 --init-weight 2 --fit pad`")


async def test_one_that_is_named_a_mask_says_where_it_is_painted_on(stage: Stage) -> None:
    await say(stage, ".imagine a hat", ("mask-of-me.png", GREEN), ("me.png", RED))
    request = await stage.executor.next("a hat")
    assert (colour(stage, request, request.init_picture), colour(stage, request, request.mask)) == ("red", "green")


async def test_one_alone_is_never_a_mask(stage: Stage) -> None:
    await say(stage, ".imagine a hat", ("Mask.png", GREEN))
    request = await stage.executor.next("a hat")
    assert request.mask == ""
    assert colour(stage, request, request.init_picture) == "green"


async def test_as_targets_they_are_come_near_to(stage: Stage) -> None:
    asked = await say(stage, ".imagine a hat --as target --iw 0.5", ("a.png", RED), ("mask.png", GREEN))
    request = await stage.executor.next("a hat")
    words, first, second = request.targets
    assert words == Target("a hat")
    assert (first.weight, second.weight) == (0.5, 0.5)
    assert [colour(stage, request, each.picture) for each in (first, second)] == ["red", "green"]
    assert (request.init_picture, request.mask) == ("", "")
    post = await stage.reply(asked)
    assert "picture weight 0.5 · towards 2 pictures" in post.content
    stage.executor.finish(request)
    await stage.shows(post, f"the same prompt and pictures with `--seed {request.seed} --as target --iw 0.5`")


async def test_several_texts_and_a_picture_are_come_near_to_together(stage: Stage) -> None:
    await say(stage, ".imagine a hat | a storm::0.5 --as target", ("a.png", RED))
    request = await stage.executor.next("a hat | a storm::0.5")
    assert request.targets[:2] == (Target("a hat"), Target("a storm", weight=0.5))
    assert colour(stage, request, request.targets[2].picture) == "red"


async def posted(stage: Stage, data: bytes) -> str:
    """Post a picture and return its address."""
    message = await stage.people("owner").say("art", "look", files=[("cat.png", data)])
    return str(message["attachments"][0]["url"])


async def test_addresses_before_the_words_are_come_near_to(stage: Stage) -> None:
    red, green = await posted(stage, RED), await posted(stage, GREEN)
    asked = await say(stage, f".imagine {red}::2 <{green}> a hat at 10:30 https://example.org/x --iw 3")
    request = await stage.executor.next("a hat at 10:30 https://example.org/x")
    assert [each.weight for each in request.targets] == [1, 2, 3]
    assert [colour(stage, request, each.picture) for each in request.targets[1:]] == ["red", "green"]
    assert "towards 2 pictures" in (await stage.reply(asked)).content


async def test_without_words_a_picture_is_all_that_it_comes_near_to(stage: Stage) -> None:
    asked = await say(stage, f".imagine {await posted(stage, RED)} --seed 3")
    request = await stage.executor.next(LIKENESS)
    (target,) = request.targets
    assert colour(stage, request, target.picture) == "red"
    assert "**a picture like that one**" in (await stage.reply(asked)).content


async def test_a_reply_to_a_picture_goes_on_from_it(stage: Stage) -> None:
    first = await say(stage, ".imagine a boat")
    post = await stage.reply(first)
    stage.executor.finish(await stage.executor.next("a boat"), GREEN)
    await stage.shows(post, "Again")
    await say(stage, ".imagine a boat in a storm", to=post.id)
    request = await stage.executor.next("a boat in a storm")
    assert colour(stage, request, request.init_picture) == "green"
    stage.executor.finish(request)
    await say(stage, ".imagine a hat", ("red.png", RED), to=post.id)
    request = await stage.executor.next("a hat")
    assert colour(stage, request, request.init_picture) == "red", "one's own picture goes before"


async def test_a_reply_to_words_is_a_request_like_any_other(stage: Stage) -> None:
    first = await say(stage, "what shall I paint?", ("notes.txt", b"a boat"))
    await say(stage, ".imagine a boat", to=first)
    assert not (await stage.executor.next("a boat")).pictures


@pytest.mark.parametrize("moving", ["--zoom 1.02", "--pan 2,0", "--rotate -1"])
async def test_what_is_moved_is_moved_as_often_as_is_asked_for(stage: Stage, moving: str) -> None:
    await stage.say(f".imagine a hat {moving} --move-every 2")
    assert (await stage.executor.next("a hat")).move_every == 2


@pytest.mark.parametrize(
    ("text", "files", "sentence"),
    [
        (".imagine a hat", [("a.png", b"<svg/>")], UNREADABLE),
        (".imagine a hat", [("a.txt", b"a hat")], UNREADABLE),
        (".imagine a hat", [("a.png", RED), ("b.png", GREEN)], ONE_START),
        (".imagine a hat --as target", [(f"{n}.png", RED) for n in range(5)], TOO_MANY),
        (".imagine a hat --as target", [], NO_TARGET.format("as")),
        (".imagine a hat --iw 2", [("a.png", RED)], NO_TARGET.format("iw")),
        (".imagine a hat --strength 0.5", [], NO_START.format("strength")),
        (".imagine a hat --as target --variation 0.5", [("a.png", RED)], NO_START.format("variation")),
        (".imagine a hat --move-every 2 --seed 3", [], UNMOVED),
        (".imagine a hat --move-every 2 --zoom 1 --pan 0,0", [("a.png", RED)], UNMOVED),
        (".walk a hat | a cat --move-every 2", [], UNMOVED),
        (".imagine a hat --init noise", [("a.png", RED)], TWO_STARTS.format("noise")),
        (".imagine --seed 7", [("a.png", RED)], NO_WORDS),
        (".imagine https://example.org/cat.png a hat", [], ELSEWHERE),
        (".imagine http://169.254.169.254/latest/meta-data/", [], ELSEWHERE),
        (".imagine a hat --as hat", [("a.png", RED)], "`--as` takes `start` or `target`, not `hat`."),
        (".imagine a hat --iw much", [("a.png", RED)], "`--iw` takes a number from 0 to 100, not `much`."),
    ],
)
async def test_what_cannot_be_is_refused_in_a_sentence(
    stage: Stage, text: str, files: list[tuple[str, bytes]], sentence: str
) -> None:
    assert (await stage.reply(await say(stage, text, *files))).content == sentence
    assert not stage.executor.requests


async def test_a_mask_alone_is_refused_before_it_is_fetched(stage: Stage) -> None:
    answer = await stage.slash("imagine", options={"prompt": "a hat", "mask": ("a.png", RED)})
    assert answer.content == MASK_ALONE
    assert not (stage.settings.data_dir / "uploads").exists()


async def test_what_a_slash_command_begins_from_can_be_what_it_comes_near_to(stage: Stage) -> None:
    await stage.slash("imagine", options={"prompt": "a hat", "start": ("a.png", RED), "as": "target", "iw": "0.5"})
    request = await stage.executor.next("a hat")
    assert request.init_picture == ""
    assert [target.weight for target in request.targets] == [1, 0.5]


async def test_an_address_in_code_is_painted_as_words(stage: Stage) -> None:
    await say(stage, ".imagine ```https://example.org/cat.png``` --seed 7")
    request = await stage.executor.next("https://example.org/cat.png")
    assert not request.pictures


async def test_nothing_is_fetched_for_what_there_is_no_room_for(make_stage: MakeStage) -> None:
    stage = await make_stage(queue__per_member=1)
    await say(stage, ".imagine a boat")
    await stage.executor.next("a boat")
    refusal = await stage.reply(await say(stage, ".imagine a hat", ("a.png", RED)))
    assert "You already have 1 picture" in refusal.content
    assert not (stage.settings.data_dir / "uploads").exists()


class Gate:
    """Lets pictures be decoded once it is opened."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self._came: asyncio.Queue[None] = asyncio.Queue()

    async def __call__(self, data: bytes) -> bytes:
        self._came.put_nowait(None)
        await self.open.wait()
        return await decode(data)

    async def until(self, count: int) -> None:
        """Wait until so many more pictures have come."""
        async with asyncio.timeout(60):
            for _ in range(count):
                await self._came.get()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Hold up the decoding of pictures."""
    gate = Gate()
    monkeypatch.setattr(uploads, "decode", gate)
    yield gate
    gate.open.set()


async def test_what_is_deleted_while_its_picture_comes_is_not_painted(stage: Stage, gate: Gate) -> None:
    asked = await say(stage, ".imagine a hat", ("a.png", RED))
    await gate.until(1)
    await stage.people("member").call("DELETE", f"{stage.people('member').messages_of('art')}/{asked}")
    await stage.nothing_happens()
    gate.open.set()
    await say(stage, ".imagine a boat")
    await stage.executor.next("a boat")
    assert len(stage.executor.requests) == 1


async def test_what_is_cancelled_while_its_picture_comes_is_taken_back(stage: Stage, gate: Gate) -> None:
    await say(stage, ".imagine a hat", ("a.png", RED))
    await gate.until(1)
    cancelled = await say(stage, ".cancel")
    await stage.nothing_happens()
    gate.open.set()
    assert (await stage.reply(cancelled)).content == "Cancelled: a hat"


async def test_an_edit_while_the_picture_comes_counts(stage: Stage, gate: Gate) -> None:
    asked = await say(stage, ".imagine a hat", ("a.png", RED))
    await gate.until(1)
    path = f"{stage.people('member').messages_of('art')}/{asked}"
    await stage.people("member").call("PATCH", path, {"content": ".imagine a red hat"})
    await gate.until(1)
    gate.open.set()
    request = await stage.executor.next("a red hat")
    assert colour(stage, request, request.init_picture) == "red"
    await stage.nothing_happens()
    assert len(stage.executor.requests) == 1


async def test_one_member_keeps_no_more_coming_than_may_wait(make_stage: MakeStage, gate: Gate) -> None:
    stage = await make_stage(queue__per_member=2)
    for number in range(2):
        await say(stage, f".imagine hat {number}", ("a.png", RED))
    await gate.until(2)
    refusal = await stage.reply(await say(stage, ".imagine hat 2", ("a.png", RED)))
    assert refusal.content == "2 of your messages with files are being looked at already; wait for them."


async def test_an_edit_of_what_waits_keeps_its_picture_and_can_take_it_away(stage: Stage) -> None:
    await say(stage, ".imagine a boat")
    boat = await stage.executor.next("a boat")
    asked = await say(stage, ".imagine a hat", ("a.png", RED))
    post = await stage.reply(asked)
    path = f"{stage.people('member').messages_of('art')}/{asked}"
    await stage.people("member").call("PATCH", path, {"content": ".imagine a red hat --as target"})
    await stage.shows(post, "towards a picture")
    await stage.people("member").call("PATCH", path, {"content": ".imagine a red hat", "attachments": []})
    await stage.shows(post, "-# seed")
    await stage.sandbox.until(lambda: "picture" not in post.content)
    stage.executor.finish(boat)
    assert not (await stage.executor.next("a red hat")).pictures


async def test_after_a_restart_the_picture_is_still_there(make_stage: MakeStage) -> None:
    stage = await make_stage()
    await say(stage, ".imagine a hat", ("a.png", RED))
    request = await stage.executor.next("a hat")
    await stage.stop()
    again = await make_stage()
    assert await again.executor.next("a hat") == request
    assert colour(again, request, request.init_picture) == "red"


async def test_where_it_is_gone_the_worker_is_told_nothing_else(make_stage: MakeStage) -> None:
    stage = await make_stage()
    await say(stage, ".imagine a hat", ("a.png", RED))
    request = await stage.executor.next("a hat")
    await stage.stop()
    (stage.settings.data_dir / "uploads" / request.init_picture).unlink()
    again = await make_stage()
    await again.executor.next("a hat")
    assert again.executor.pictures[request.id] == {}


@pytest.mark.parametrize(
    ("text", "addresses", "rest"),
    [
        ("a cat https://a.b/c", [], "a cat https://a.b/c"),
        (" https://a.b/c.png?x=1&y=2  a cat", [("https://a.b/c.png?x=1&y=2", None)], "  a cat"),
        ("<https://a.b/c>::0.25\nHTTP://d.e::-1", [("https://a.b/c", 0.25), ("HTTP://d.e", -1.0)], ""),
        ("https://a.b:8080/c::x a", [("https://a.b:8080/c::x", None)], " a"),
        ("```https://a.b/c```", [], "```https://a.b/c```"),
        ("https:// a", [], "https:// a"),
        ("", [], ""),
    ],
)
def test_addresses_stand_before_the_words(text: str, addresses: list[tuple[str, float | None]], rest: str) -> None:
    assert split(text) == (addresses, rest)
