"""``python -m weights`` prints the table of all models, as Markdown."""

from weights.catalogue import CATALOGUE, Model
from weights.download import place
from weights.part import shown


def table() -> str:
    """Return a Markdown table of every model: size, licence, digest of the weights, and mirrors."""
    rows = ["| name | also | size | licence | SHA-256 of the weights | mirrors |", "|---|---|---|---|---|---|"]
    return "\n".join([*rows, *map(_row, CATALOGUE)])


def _row(model: Model) -> str:
    weights = max(model.files, key=lambda file: file.size)
    also = ", ".join(f"`{alias}`" for alias in model.aliases) or "—"
    size = f"{'' if model.exact else '≤ '}{shown(model.size)}"
    digest = f"`{weights.sha256[:16]}…`" if weights.sha256 else "unpublished"
    hosts = ", ".join(dict.fromkeys(map(place, weights.mirrors)))
    return f"| `{model.name}` | {also} | {size} | {model.licence} | {digest} | {hosts} |"


if __name__ == "__main__":
    print(table())
