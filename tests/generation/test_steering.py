from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.errors import RequestError
from generation.prompt import read as read_prompt
from generation.request import ImagineRequest
from generation.steering import read, steered, weights, write
from generation.targets import LONGEST_STEERING, MOST_STEERING, Steering

REQUEST = ImagineRequest("a", "a street", 7, 64, 64, 100)


def more(text: str, weight: float = 1.0) -> Steering:
    return Steering(text, weight, adds=True)


@pytest.mark.parametrize(
    ("text", "steering"),
    [
        ("more: a lighthouse", [more("a lighthouse")]),
        ("less: fog", [more("fog", -0.5)]),
        ("fog::0", [Steering("fog", 0.0)]),
        ("fog:0.5", [Steering("fog", 0.5)]),
        ("More : a tower::2|LESS：fog::.25", [more("a tower", 2.0), more("fog", -0.25)]),
        (
            "more: a lighthouse, red, less: fog; more: the sea",
            [more("a lighthouse, red"), more("fog", -0.5), more("the sea")],
        ),
        ("hot::2 dog::1", [Steering("hot", 2.0), Steering("dog", 1.0)]),
        ("more: 12:30 | less: https://x.y:80", [more("12:30"), more("https://x.y:80", -0.5)]),
        ("more: Apollo:13", [more("Apollo:13")]),
        ("more: ```a | b::2```", [more("a | b::2")]),
        ("```more: fog```::2", [Steering("more: fog", 2.0)]),
        ("more: :smile:", [more(":smile:")]),
        ("the   SEA::-1", [Steering("the SEA", -1.0)]),
    ],
)
def test_it_is_read(text: str, steering: list[Steering]) -> None:
    assert read(text) == tuple(steering)
    assert read(text, "m") == tuple(replace(each, by="m") for each in steering)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "   ",
            "nice!",
            "a lighthouse",
            "a | b",
            "at 12:30",
            "16:9",
            "see https://x.y:80",
            "more fog",
            "furthermore: no",
        ),
        *("Apollo:13", "`more: fog`", "```fog::2```", "more:: fog", "x ^ y", ":more: fog"),
    ],
)
def test_what_people_say_besides_is_none(text: str) -> None:
    assert read(text) == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("more:", "Say behind `more:` what there should be more of, as in `more: fog`."),
        ("more: fog | less: ", "Say behind `less:` what there should be less of, as in `less: fog`."),
        (
            "more: fog | a lighthouse",
            "Say `more:` or `less:` before each text, or a weight behind it, as in `fog::0.5`.",
        ),
        ("more: fog::0", "Behind `more:` a weight is above 0; to take a text out, say `fog::0`."),
        ("less: fog::-1", "Behind `less:` a weight is above 0; to take a text out, say `fog::0`."),
        ("fog::1:0.8", "A text to steer by has one number behind it, as in `fog::0.5`."),
        ("more: a ^ b", "A picture is steered by texts with | between, not by what follows one another with ^."),
        ("fog::5000", "A weight is a number from -1000 to 1000, as in `a cat::1.5`."),
        (f"more: {'x' * 201}", "A text to steer by has at most 200 characters, not 201."),
    ],
)
def test_what_is_meant_to_but_wrong_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(RequestError) as refusal:
        read(text)
    assert str(refusal.value) == sentence


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=LONGEST_STEERING)
WEIGHTS = st.integers(-10_000_000, 10_000_000).map(lambda each: each / 10_000)


@given(TEXTS, WEIGHTS, st.booleans())
def test_what_is_written_is_read_again(text: str, weight: float, adds: bool) -> None:
    try:
        targets = read_prompt(f"``` {text} ```" if "`" not in text else "a cat")
    except RequestError:
        return
    for target in targets:
        if not (adds and weight == 0) and len(target.text) <= LONGEST_STEERING:
            steering = Steering(target.text, weight, adds)
            assert read(write(steering)) == (steering,)


@given(st.text(alphabet="more les:|^`,;0.5-a\n:", max_size=40))
def test_nothing_that_is_typed_breaks_it(text: str) -> None:
    try:
        said = read(text)
    except RequestError:
        return
    for each in said:
        assert read(write(each)) == (each,)


def told(request: ImagineRequest, step: int) -> dict[str, float]:
    return {target.text: target.weight for target in request.until(step).judged_by}


def test_it_counts_from_its_step_on() -> None:
    request = steered(REQUEST, read("more: a lighthouse | less: fog"), 30)
    request = steered(request, read("A Street::0.5 | more: a lighthouse | FOG::0"), 60)
    assert [each.step for each in request.steering] == [30, 30, 60, 60, 60]
    assert told(request, 29) == {"a street": 1}
    assert told(request, 30) == told(request, 59) == {"a street": 1, "a lighthouse": 1, "fog": -0.5}
    assert told(request, 60) == told(request, 99) == {"a street": 0.5, "a lighthouse": 2, "fog": 0}
    assert request.until(99) is request


def test_what_was_said_last_counts_although_it_goes_on_from_an_earlier_step() -> None:
    request = steered(steered(REQUEST, read("fog::1"), 30), read("fog::2"), 20)
    assert told(request, 25) == {"a street": 1, "fog": 2}
    assert told(request, 35) == {"a street": 1, "fog": 2}


def test_it_changes_what_it_is_to_be_without_and_all_parts_of_a_story() -> None:
    story = replace(REQUEST, targets=read_prompt("a tree | oil ^ a forest | oil"), without=("fog",))
    after = steered(story, read("fog::0 | less: oil | more: rain"), 5).judged_by
    assert [(each.text, each.weight, each.part) for each in after] == [
        ("a tree", 1, 0),
        ("oil", 0.5, 0),
        ("a forest", 1, 1),
        ("oil", 0.5, 1),
        ("fog", 0, None),
        ("rain", 1, None),
    ]


@pytest.mark.parametrize("line", ["a street::0", "a street::-1 | less: fog", "a street::0 | more: fog | fog::0"])
def test_something_is_left_to_paint(line: str) -> None:
    with pytest.raises(RequestError, match="Nothing with a weight above 0 would be left"):
        steered(REQUEST, read(line), 5)


def test_also_in_every_part_and_in_later_steps() -> None:
    story = replace(REQUEST, targets=read_prompt("a tree ^ a forest"))
    with pytest.raises(RequestError, match="Nothing"):
        steered(story, read("a forest::0"), 5)
    later = steered(replace(REQUEST, targets=read_prompt("a | b")), read("a::0"), 50)
    with pytest.raises(RequestError, match="Nothing"):
        steered(later, read("b::0"), 10)


def test_how_much_each_text_counts_that_was_said() -> None:
    assert weights(REQUEST) == []
    request = steered(replace(REQUEST, without=("fog",)), read("more: a tower | less: fog | sky::0.25"), 5)
    assert weights(request) == [(0, 1.0), (1, -1.0), (2, 0.25)]
    request = steered(request, read("more: A  TOWER::2 | a street::0.5"), 9)
    assert weights(request) == [(1, -1.0), (2, 0.25), (0, 3.0), (4, 0.5)]


def test_it_can_be_steered_so_often() -> None:
    request = steered(REQUEST, read("more: a | more: b"), 5)
    for step in range(MOST_STEERING - 2):
        request = steered(request, read("more: a"), step)
    with pytest.raises(RequestError, match="at most 16 texts; 16 have been said"):
        steered(request, read("more: a"), 5)
    assert len(ImagineRequest.from_json(request.to_json()).steering) == MOST_STEERING
