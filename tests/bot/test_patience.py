from itertools import islice

from bot.patience import Patience


def test_pauses_double_up_to_the_longest() -> None:
    patience = Patience(pause=1.0, longest_pause=10.0)
    assert list(islice(patience.pauses(), 6)) == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert patience.after(10**6) == 10.0
