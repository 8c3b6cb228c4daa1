from dataclasses import replace

import pytest

from bot.buttons.row import rows_of, view_of
from bot.caption import Ended, InProgress, Painted, Paused, State, Waiting
from generation.request import ImagineRequest

CAT = ImagineRequest("4f3a9b2c", "a cat", 7, 128, 128, 100, member="42")


@pytest.mark.parametrize(
    ("state", "labels"),
    [
        (Waiting(1, 1.0), [["Cancel"]]),
        (InProgress(3, 1.0), [["Cancel"]]),
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


async def test_what_is_sent() -> None:
    view = view_of(rows_of(CAT, Painted(1.0)))
    assert view is not None
    sent = [each for row in view.to_components() for each in row["components"]]
    assert sent[0]["custom_id"] == "easel:1:again:4f3a9b2c"
    assert sent[-1]["custom_id"] == "easel:1:delete:4f3a9b2c:42"
    assert view.is_finished(), "discord.py would remember it"
    assert view_of(()) is None
