"""What only walks between pictures have."""

from collections.abc import Mapping

from bot.flags.flag import Flag
from bot.flags.values import choice, whole
from generation.options import MOST_FRAMES

FLAGS: Mapping[str, Flag] = {
    "frames": Flag(
        fields=("between",),
        example="25",
        help=f"frames of a walk from one picture to the next, 1 to {MOST_FRAMES['mp4']}",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"between": whole("frames", value, 1, MOST_FRAMES["mp4"])},
        caption="{} frames between two".format,
        is_offered=lambda _: False,
        is_prose=True,
        whole=(1, MOST_FRAMES["mp4"]),
    ),
    "hold": Flag(
        fields=("hold",),
        example="10",
        help="further frames for which it rests at each",
        pattern=lambda _: r"\d+",
        parse=lambda value, *_: {"hold": whole("hold", value, 0, MOST_FRAMES["mp4"])},
        caption="rests of {} frames".format,
        is_offered=lambda _: False,
        is_prose=True,
        whole=(0, MOST_FRAMES["mp4"]),
    ),
    "loop": Flag(
        fields=("loop",),
        example="yes",
        help="whether it goes on from the last picture to the first: yes or no",
        pattern=lambda _: "yes|no|true|false|on|off",
        parse=lambda value, *_: {"loop": choice("loop", value, ("yes", "no")) == "yes"},
        caption=lambda loop: "in a loop" if loop else "not in a loop",
        render=lambda loop: "yes" if loop else "no",
        bare="yes",
        choices=("yes", "no"),
        is_offered=lambda _: False,
        is_prose=True,
    ),
}
