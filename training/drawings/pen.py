"""A pen over a skia canvas: filled shapes from numbers, in whatever units the canvas is scaled to."""

import contextlib
import math
import random
from collections.abc import Iterator, Sequence

import numpy as np
import skia

from training.drawings.colors import Color, dark, light

SIZE = 128  # pixels, both ways
_EDITION = 38  # of the details that are always the same: one in which stars stand upright and mushrooms have dots

Point = tuple[float, float]


class Pen:
    """Draws on one picture.

    `dim` darkens every colour that is not lit from within: things at night.

    Args:
        grid: what `snap` rounds to, in pixels; 0 leaves everything where it is.
    """

    def __init__(self, grid: float = 0.0) -> None:
        self.grid = grid
        self._pixels = np.zeros((SIZE, SIZE, 4), np.uint8)
        self._surface = skia.Surface(self._pixels)
        self.canvas = self._surface.getCanvas()
        self.dim = 1.0

    def snap(self, length: float, cells: int = 1) -> float:
        """Round a place or a size to so many cells of the grid."""
        step = cells * self.grid
        return round(length / step) * step if self.grid else length

    def details(self, rng: random.Random, name: str, ways: int = 1) -> random.Random:
        """Return what decides the details of something that no caption tells.

        That is `rng`; on a grid, it is one of so many that are always the same for a name, so that what has been seen
        once can be known by heart.
        """
        return random.Random(f"{name}/{_EDITION + rng.randrange(ways)}") if self.grid else rng

    def picture(self) -> np.ndarray:
        """Return what has been drawn so far, RGB, uint8 [128, 128, 3]."""
        return np.ascontiguousarray(self._pixels[..., :3])

    @contextlib.contextmanager
    def at(self, x: float, y: float, scale: float, turn: float = 0.0, mirror: bool = False) -> Iterator[None]:
        """Inside, (0, 0) is at (x, y), one unit is `scale` long, and everything is turned by `turn` degrees."""
        self.canvas.save()
        self.canvas.translate(x, y)
        self.canvas.rotate(turn)
        self.canvas.scale(-scale if mirror else scale, scale)
        try:
            yield
        finally:
            self.canvas.restore()

    def circle(self, x: float, y: float, radius: float, color: Color, round_: bool = False) -> None:
        """Draw a disc; `round_` shades it like a ball lit from the upper left."""
        self.oval(x, y, radius, radius, color, round_=round_)

    def oval(
        self, x: float, y: float, rx: float, ry: float, color: Color, turn: float = 0.0, round_: bool = False
    ) -> None:
        """Draw an ellipse with half axes rx and ry, turned by degrees about its centre."""
        paint = self._paint(color)
        if round_:
            self._shade(paint, x, y, max(rx, ry), color)
        self.canvas.save()
        self.canvas.rotate(turn, x, y)
        self.canvas.drawOval(skia.Rect(x - rx, y - ry, x + rx, y + ry), paint)
        self.canvas.restore()

    def box(self, left: float, top: float, right: float, bottom: float, color: Color, corner: float = 0.0) -> None:
        """Draw a rectangle, with round corners of that radius."""
        self.canvas.drawRoundRect(skia.Rect(left, top, right, bottom), corner, corner, self._paint(color))

    def polygon(self, points: Sequence[Point], color: Color) -> None:
        """Draw a filled polygon."""
        path = skia.Path.Polygon([skia.Point(*point) for point in points], True)
        self.canvas.drawPath(path, self._paint(color))

    def blob(self, points: Sequence[Point], color: Color, round_: bool = False) -> None:
        """Draw a filled smooth closed curve; the points pull it towards them."""
        builder = skia.PathBuilder()
        count = len(points)
        middles = [
            ((points[k][0] + points[(k + 1) % count][0]) / 2, (points[k][1] + points[(k + 1) % count][1]) / 2)
            for k in range(count)
        ]
        builder.moveTo(*middles[-1])
        for point, middle in zip(points, middles, strict=True):
            builder.quadTo(*point, *middle)
        builder.close()
        paint = self._paint(color)
        if round_:
            x = sum(point[0] for point in points) / count
            y = sum(point[1] for point in points) / count
            self._shade(paint, x, y, max(math.dist(point, (x, y)) for point in points), color)
        self.canvas.drawPath(builder.detach(), paint)

    def line(self, points: Sequence[Point], color: Color, width: float) -> None:
        """Draw a line through the points with round ends."""
        paint = self._paint(color)
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(width)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        paint.setStrokeJoin(skia.Paint.kRound_Join)
        self.canvas.drawPath(skia.Path.Polygon([skia.Point(*point) for point in points], False), paint)

    def arc(self, x: float, y: float, radius: float, start: float, sweep: float, color: Color, width: float) -> None:
        """Draw a part of a circle's line, in degrees clockwise from the right."""
        steps = max(4, int(abs(sweep) / 6))
        angles = [math.radians(start + sweep * k / steps) for k in range(steps + 1)]
        self.line([(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles], color, width)

    def fade(
        self, left: float, top: float, right: float, bottom: float, upper: Color, lower: Color, across: bool = False
    ) -> None:
        """Fill a rectangle running from one colour to another, downwards or across."""
        paint = self._paint(upper)
        end = (right, top) if across else (left, bottom)
        paint.setShader(
            skia.GradientShader.MakeLinear(
                [skia.Point(left, top), skia.Point(*end)], [self._color(upper), self._color(lower)]
            )
        )
        self.canvas.drawRect(skia.Rect(left, top, right, bottom), paint)

    def glow(self, x: float, y: float, radius: float, color: Color, strength: int = 150) -> None:
        """Light around a point, gone at the radius; never dimmed."""
        paint = skia.Paint(AntiAlias=True)
        paint.setShader(
            skia.GradientShader.MakeRadial(
                skia.Point(x, y), radius, [skia.Color(*color, strength), skia.Color(*color, 0)]
            )
        )
        self.canvas.drawCircle(x, y, radius, paint)

    def shadow(self, x: float, y: float, rx: float, ry: float, strength: int = 60) -> None:
        """Lay an oval of shadow on the ground."""
        paint = skia.Paint(AntiAlias=True, Color=skia.Color(0, 0, 0, strength))
        self.canvas.drawOval(skia.Rect(x - rx, y - ry, x + rx, y + ry), paint)

    def image(self, image: skia.Image) -> None:
        """Draw an image of any size into the unit above the ground, as large as it fits, standing in the middle."""
        width, height = image.width(), image.height()
        scale = 1 / max(width, height)
        left, top = -width * scale / 2, -height * scale
        paint = skia.Paint(AntiAlias=True)
        if self.dim != 1.0:
            gray = round(255 * self.dim)
            paint.setColorFilter(skia.ColorFilters.Blend(skia.Color(gray, gray, gray), skia.BlendMode.kModulate))
        sampling = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
        self.canvas.drawImageRect(image, skia.Rect(left, top, left + width * scale, 0), sampling, paint)

    @contextlib.contextmanager
    def lit(self) -> Iterator[None]:
        """Inside, colours shine: they are not dimmed."""
        dim, self.dim = self.dim, 1.0
        try:
            yield
        finally:
            self.dim = dim

    def _color(self, color: Color) -> int:
        return int(skia.Color(*dark(color, self.dim))) if self.dim != 1.0 else int(skia.Color(*color))

    def _paint(self, color: Color) -> skia.Paint:
        return skia.Paint(AntiAlias=True, Color=self._color(color))

    def _shade(self, paint: skia.Paint, x: float, y: float, radius: float, color: Color) -> None:
        shades = [self._color(light(color, 0.4)), self._color(color), self._color(dark(color, 0.72))]
        center = skia.Point(x - radius * 0.35, y - radius * 0.4)
        paint.setShader(skia.GradientShader.MakeRadial(center, radius * 1.45, shades))
