"""Words that no caption has and that mean what a word of the captions means, or nearly, or bring it to mind."""

import torch
from torch import Tensor

from generation.models.upstream import SimpleTokenizer

SYNONYMS: dict[str, tuple[str, ...]] = {
    "airplane": ("jet", "aircraft"),
    "beach": ("shore", "coast", "seaside", "coastline"),
    "bear": ("cub", "grizzly"),
    "bicycle": ("cycle",),
    "big": ("large", "huge", "giant", "great", "enormous"),
    "boat": ("yacht",),
    "bird": ("pigeon", "sparrow", "robin", "crow", "dove", "raven"),
    "blue": ("navy", "sapphire"),
    "brown": ("tan", "chestnut"),
    "butterfly": ("moth",),
    "cake": ("pie", "tart"),
    "car": ("automobile", "sedan"),
    "castle": ("fortress", "palace"),
    "cat": ("cats",),
    "church": ("chapel", "cathedral"),
    "city": ("town", "metropolis"),
    "clouds": ("fog", "mist", "overcast"),
    "coffee": ("tea", "cocoa", "espresso"),
    "cow": ("bull", "ox", "calf"),
    "dark": ("midnight", "gloomy"),
    "deer": ("elk", "moose", "reindeer"),
    "dog": ("hound", "pup"),
    "dusk": ("twilight",),
    "eagle": ("hawk", "falcon"),
    "fire": ("bonfire", "blaze"),
    "fish": ("goldfish", "salmon", "trout"),
    "flowers": ("poppies", "garden"),
    "forest": ("jungle", "woodland", "wood"),
    "gift": ("parcel",),
    "gray": ("silver",),
    "green": ("lime", "emerald"),
    "hamburger": ("cheeseburger", "sandwich"),
    "hills": ("hill", "hillside", "valley"),
    "horse": ("stallion", "mare", "donkey"),
    "house": ("cabin", "hut", "home", "barn"),
    "lake": ("pond", "river"),
    "lamp": ("lantern",),
    "little": ("small", "tiny", "mini"),
    "man": ("guy", "king", "person"),
    "meadow": ("prairie", "pasture"),
    "mountains": ("mount", "cliffs"),
    "mouse": ("rat",),
    "ocean": ("atlantic", "pacific"),
    "octopus": ("kraken",),
    "orange": ("autumn", "ginger", "amber"),
    "pink": ("magenta",),
    "purple": ("lilac", "lavender"),
    "rabbit": ("hare",),
    "red": ("ruby", "maroon"),
    "road": ("path", "highway", "lane"),
    "rocket": ("spacecraft", "shuttle"),
    "ship": ("ferry", "vessel", "steamer"),
    "snow": ("frost", "arctic"),
    "space": ("cosmos", "universe"),
    "storm": ("thunderstorm", "thunder", "rainy", "stormy", "hurricane", "tempest"),
    "sunny": ("summer",),
    "sword": ("knife",),
    "tree": ("oak", "willow"),
    "turtle": ("tortoise",),
    "vase": ("pot", "jar"),
    "whale": ("orca",),
    "winter": ("wintry", "december"),
    "wizard": ("magician",),
    "woman": ("wife",),
    "yellow": ("gold", "blonde"),
}
"""The known word first: what each word is taken for, one token each."""

ASSOCIATIONS: dict[str, tuple[str, ...]] = {
    "beach": ("holiday", "vacation", "hawaii"),
    "book": ("story", "knowledge", "philosophy", "literature", "poem"),
    "castle": ("medieval", "kingdom", "fairytale", "fantasy", "legend"),
    "city": ("cyberpunk", "urban"),
    "clock": ("time", "history"),
    "crown": ("royal", "victory"),
    "desert": ("egypt", "sahara"),
    "fire": ("energy", "hell", "inferno"),
    "flowers": ("beauty", "nature", "spring"),
    "ghost": ("halloween", "horror", "nightmare", "soul", "spooky"),
    "gift": ("celebration", "party"),
    "gray": ("grief", "loneliness", "melancholy", "sadness", "sorrow"),
    "guitar": ("blues", "jazz", "punk"),
    "heart": ("love", "passion", "romance", "valentine"),
    "moon": ("dream", "dreams", "sleep"),
    "mountains": ("alps",),
    "piano": (
        "bach",
        "beethoven",
        "chopin",
        "concert",
        "melody",
        "mozart",
        "music",
        "opera",
        "orchestra",
        "sonata",
        "symphony",
    ),
    "rainbow": ("happiness", "hope", "joy", "pride"),
    "robot": ("cyborg", "intelligence", "machine", "technology"),
    "rocket": ("mars", "nasa"),
    "sea": ("freedom", "peace", "serenity", "silence"),
    "snow": ("cold",),
    "space": (
        "astronomy",
        "cosmic",
        "einstein",
        "eternity",
        "future",
        "gravity",
        "infinity",
        "nebula",
        "physics",
        "quantum",
        "science",
    ),
    "stars": ("astrology", "heaven"),
    "storm": ("anger", "apocalypse", "chaos", "doom", "fear", "rage", "war"),
    "sunset": ("memories", "memory", "nostalgia"),
}
"""Moods, arts and ideas behind a thing or a place that can stand for them, one token each.

Words that mostly say more about something else (*beautiful*, *modern*) are not among them: that is to be painted.
"""


def lend(embedding: Tensor) -> None:
    """Give words that have no embedding that of the word they stand for, in place: ``[vocabulary, width]``.

    A word without meaning has zeros. A transformer reads a word by its embedding alone, so one with the same embedding
    means exactly the same.
    """
    tokenizer = SimpleTokenizer()
    for word, synonyms in (*SYNONYMS.items(), *ASSOCIATIONS.items()):
        (known,) = tokenizer.encode(word)
        for synonym in synonyms:
            (token,) = tokenizer.encode(synonym)
            if not torch.any(embedding[token]):
                embedding[token] = embedding[known]
