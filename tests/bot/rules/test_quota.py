"""What a member may ask for within 24 hours, counted on requests that were written down."""

import discord
import pytest

from bot.errors import RuleError
from bot.origin import Origin
from bot.rules.book import RuleBook
from bot.rules.quota import Quota
from bot.rules.table import usual_cost
from config.settings import Settings
from config.settings.painting import PaintingSettings
from store.journal import StoreJournal
from store.rules import SERVER, Rules
from store.usage import Usage
from tests.store.conftest import ASKED, CAT, a_note, a_record


@pytest.fixture
def rules(journal: StoreJournal) -> Rules:
    return Rules(journal._database)


@pytest.fixture
def quota(journal: StoreJournal, rules: Rules) -> Quota:
    return Quota(RuleBook(Settings(), rules), Usage(journal._database))


@pytest.fixture
def origin() -> Origin:
    return Origin.restored(ASKED, discord.Client(intents=discord.Intents.none()))


async def test_what_is_left_is_told(journal: StoreJournal, rules: Rules, quota: Quota, origin: Origin) -> None:
    left = await quota.allowance(origin)
    assert (left.pictures, left.most_pictures, left.cost, left.renews) == (0, None, 0, None)
    await rules.set(20, SERVER, "pictures", 4)
    for number in range(3):
        await journal.accept([a_record(number).request], [a_note(number)])
    left = await quota.allowance(origin)
    assert (left.pictures, left.most_pictures, left.most_cost) == (3, 4, None)
    assert left.cost == 3 * CAT.cost() / usual_cost(PaintingSettings())
    assert left.renews is not None


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("cooldown", 3600.0, "^You may ask every 1h here; ask again <t:"),
        ("pictures", 1, r"^You have had 1 picture within 24 hours \(limit 1\); ask again <t:"),
        ("pictures", 2, r"^You may have 1 more within 24 hours \(limit 2\), and asked for 2\. Ask for fewer; ask"),
        ("cost", 0.1, "^This picture would cost "),
    ],
)
async def test_what_is_too_much_or_too_soon_is_refused(
    journal: StoreJournal, rules: Rules, quota: Quota, origin: Origin, key: str, value: float, sentence: str
) -> None:
    await journal.accept([a_record().request], [a_note()])
    asked = [a_record(number).request for number in (1, 2)]
    await quota.check(origin, asked)
    await rules.set(20, SERVER, key, value)
    with pytest.raises(RuleError, match=sentence):
        await quota.check(origin, asked)


async def test_a_change_that_asks_for_no_more_passes(
    journal: StoreJournal, rules: Rules, quota: Quota, origin: Origin
) -> None:
    await journal.accept([CAT], [a_note()])
    await rules.set(20, SERVER, "cost", 0.1)
    await rules.set(20, SERVER, "cooldown", 3600.0)
    await quota.check_change(origin, CAT, a_record(1, prompt="a dog").request)
    with pytest.raises(RuleError, match=r"^This picture would cost "):
        await quota.check_change(origin, CAT, a_record(1, steps=10 * CAT.steps).request)
