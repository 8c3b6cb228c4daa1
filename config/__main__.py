"""``python -m config`` prints the table of all settings, as Markdown."""

from omegaconf import OmegaConf

from config.layers import FIELDS, defaults


def table() -> str:
    """Return a Markdown table of every setting, its default and its description."""
    values = defaults()
    rows = ["| key | default | what it is |", "|---|---|---|"]
    for key, field in FIELDS.items():
        default = OmegaConf.select(values, key)
        rows.append(f"| `{key}` | {'—' if default is None else f'`{default}`'} | {field.description} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
