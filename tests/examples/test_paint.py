import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]


def test_the_example_paints_a_picture(tmp_path: Path) -> None:
    out = tmp_path / "apple.png"
    subprocess.run([sys.executable, ROOT / "examples" / "paint.py", "a red apple", "2", out], check=True, timeout=300)
    with Image.open(out) as image:
        assert image.size == (128, 128)
        red, green, blue = image.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert red > max(green, blue) + 20
