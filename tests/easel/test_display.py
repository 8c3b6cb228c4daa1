"""What a notebook shows, in a real kernel."""

import base64
import contextlib
import io
import re

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

from config.settings.models import ModelsSettings

CELL = """
from easel import paint

painting = paint({prompt!r}, seed=7, size={size}, steps=5, vqgan={vqgan!r}, clip={clip!r}, device="cpu")
"""


def shown(models: ModelsSettings, prompt: str, size: str) -> str:
    """Return the HTML that stands under a cell that paints."""
    source = CELL.format(prompt=prompt, size=size, vqgan=models.vqgan, clip=models.clip)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    with contextlib.suppress(CellExecutionError):
        NotebookClient(notebook, timeout=120).execute()
    (found,) = [output.data for output in notebook.cells[0].outputs if output.output_type == "display_data"]
    html: str = found["text/html"]
    return html


def test_a_notebook_shows_the_picture_and_a_bar(tiny_models: ModelsSettings) -> None:
    html = shown(tiny_models, "a <b>red</b> apple", "(64, 48)")
    assert '<progress value="5" max="5"></progress> 5 of 5 steps, seed 7' in html
    assert "a &lt;b&gt;red&lt;/b&gt; apple" in html
    found = re.search(r'src="data:image/png;base64,(.+?)"', html)
    assert found is not None
    with Image.open(io.BytesIO(base64.b64decode(found[1]))) as image:
        assert image.size == (64, 48)


def test_a_notebook_says_why_there_is_no_picture(tiny_models: ModelsSettings) -> None:
    assert "ask for --size 56x48 or --size 64x48" in shown(tiny_models, "a red apple", "(60, 48)")
