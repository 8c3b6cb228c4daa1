"""``python -m bot.rules`` prints the rule book, as Markdown."""

from bot.rules.table import table
from config.settings import Settings

if __name__ == "__main__":
    print(table(Settings()))
