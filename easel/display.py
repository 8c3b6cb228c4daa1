"""The growing picture and a bar in a notebook."""

import base64
import sys
import time
from html import escape

from generation.request import ImagineRequest

LEAST_SECONDS = 0.25
"""Between two changes of what is shown, but for the last."""


class Display:
    """An output of a notebook's cell that changes; outside of notebooks nothing.

    IPython is used where it runs already, and never imported for this.

    Args:
        request: that is painted.
    """

    def __init__(self, request: ImagineRequest) -> None:
        self._request = request
        self._picture = ""
        self._next = 0.0
        self._handle = None
        if is_notebook():
            from IPython.display import display

            self._handle = display(self._page("loading the models", 0), raw=True, display_id=True)

    def show(self, step: int, picture: bytes | None, kind: str = "jpeg") -> None:
        """Show how far it is.

        Args:
            step: steps done.
            picture: as it is now, encoded; None for the last one again.
            kind: of it, ``jpeg``, or ``png`` for the finished one.
        """
        if self._handle is None:
            return
        if picture is not None:
            self._picture = f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
        is_last = kind == "png"
        if is_last or time.monotonic() >= self._next:
            self._next = time.monotonic() + LEAST_SECONDS
            words = f"{step} of {self._request.end_step} steps, seed {self._request.seed}"
            self._handle.update(self._page(words, step), raw=True)

    def fail(self, reason: str) -> None:
        """Say that there is no picture."""
        if self._handle is not None:
            self._handle.update(self._page(reason, 0), raw=True)

    def _page(self, words: str, step: int) -> dict[str, str]:
        width, height = self._request.shape
        picture = f'<img src="{self._picture}" width="{width}" height="{height}"><br>' if self._picture else ""
        bar = f'<progress value="{step}" max="{self._request.end_step}"></progress>'
        prompt = escape(self._request.prompt)
        return {
            "text/html": f"{picture}{bar} {escape(words)}<br><em>{prompt}</em>",
            "text/plain": f"{self._request.prompt}: {words}",
        }


def is_notebook() -> bool:
    """Return whether this runs in a notebook's kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")
