"""How often posts are edited."""

from bot.pace import edit_pause, place_pause, preview_pause


def test_previews_come_more_rarely_the_longer_it_takes() -> None:
    assert [preview_pause(3.0, seconds) for seconds in (0, 60, 120, 600, 3600)] == [3.0, 3.0, 3.0, 15.0, 90.0]


def test_previews_come_more_rarely_where_many_posts_share_what_discord_takes() -> None:
    assert [edit_pause(3.0, posts, 1.0) for posts in (0, 90, 180, 3000)] == [3.0, 3.0, 6.0, 100.0]
    assert edit_pause(3.0, 90, 0.25) == 12.0


def test_places_in_line_come_more_rarely_than_previews() -> None:
    assert place_pause(3.0) == 15.0
