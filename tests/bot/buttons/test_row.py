from dataclasses import replace

import pytest

from bot.buttons.row import rows_of, view_of
from bot.caption import Ended, InProgress, Painted, Paused, State, Waiting
from bot.characters import units
from generation.request import ImagineRequest
from generation.targets import MOST_STEERING, Steering

CAT = ImagineRequest("4f3a9b2c", "a cat", 7, 128, 128, 100, member="42")


@pytest.mark.parametrize(
    ("state", "labels"),
    [
        (Waiting(1, 1.0), [["Steer", "Cancel"]]),
        (InProgress(3, 1.0), [["Steer", "Cancel"]]),
        (Paused(), []),
        (Ended("Too bad.", again=True), [["Again", "Edit"]]),
        (Ended("Cancelled.", again=False), [["Again", "Edit"]]),
        (
            Painted(1.0),
            [
                ["Again", "Vary subtly", "Vary strongly", "Continue", "Larger"],
                ["Edit", "Video", "Parameters", "Delete"],
            ],
        ),
    ],
)
def test_which_there_are(state: State, labels: list[list[str]]) -> None:
    assert [[button.label for button in row] for row in rows_of(CAT, state)] == labels


def test_what_has_a_video_is_not_offered_one() -> None:
    rows = rows_of(replace(CAT, outputs=("png", "gif")), Painted(1.0))
    assert "Video" not in [button.label for row in rows for button in row]


def test_what_no_picture_can_begin_from_offers_none_that_would() -> None:
    rows = rows_of(replace(CAT, canvas="biggan"), Painted(1.0))
    assert [[each.label for each in row] for row in rows] == [["Again", "Edit", "Video", "Parameters", "Delete"]]


@pytest.mark.parametrize(
    ("together", "labels"),
    [(False, ["Steer", "Let others steer", "Cancel"]), (True, ["Steer", "Only I steer", "Cancel"])],
)
def test_whom_it_is_shared_with(together: bool, labels: list[str]) -> None:
    (row,) = rows_of(CAT, Waiting(1, 1.0), together=together)
    assert [button.label for button in row] == labels


def test_what_cannot_be_steered_any_more_has_no_buttons_for_it() -> None:
    said = tuple(Steering("fog", 1.0, step=step) for step in range(MOST_STEERING))
    assert [[each.label for each in row] for row in rows_of(replace(CAT, steering=said), Waiting(1, 1.0))] == [
        ["Cancel"]
    ]


async def test_a_long_text_has_a_short_label() -> None:
    said = (Steering("🦊" * 100, -1000.0), Steering("א" * 200, 0.125))
    view = view_of(rows_of(replace(CAT, steering=said), InProgress(3, 1.0), together=True))
    assert view is not None
    sent = [each for row in view.to_components() for each in row["components"]]
    assert all(1 <= units(each["label"]) <= 80 and len(each["custom_id"]) <= 100 for each in sent)
    assert [each["label"][-5:] for each in sent if each["disabled"]] == ["-1000", "0.125"]


async def test_what_is_sent() -> None:
    view = view_of(rows_of(CAT, Painted(1.0)))
    assert view is not None
    sent = [each for row in view.to_components() for each in row["components"]]
    assert sent[0]["custom_id"] == "easel:1:again:4f3a9b2c"
    assert sent[-1]["custom_id"] == "easel:1:delete:4f3a9b2c:42"
    assert view.is_finished(), "discord.py would remember it"
    assert view_of(()) is None
