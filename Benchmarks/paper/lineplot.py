"""Line plots as SVG text, with nothing but the standard library.

A `Figure` is a row of `Panel`s under one title with one legend; a panel is axes with `Line`s. Numbers that an axis
can't show (not finite, or not above 0 on a logarithmic axis) end a line there.
"""

import math
from dataclasses import dataclass, field
from html import escape
from typing import Dict, List, Optional, Sequence, Tuple

#: Okabe and Ito's colours, which people tell apart whatever their eyes, and on paper.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
GAP, TOP, BOTTOM, LEFT, RIGHT = 18, 48, 48, 62, 14
FONT = "font-family='Helvetica, Arial, sans-serif'"


@dataclass
class Line:
    name: str
    points: Sequence[Tuple[float, float]]
    dashed: bool = False
    #: Whether the value holds until the next point, as an incumbent's does.
    steps: bool = False


@dataclass
class Panel:
    title: str
    x: str
    y: str
    lines: List[Line]
    log_x: bool = False
    log_y: bool = False
    y_range: Optional[Tuple[float, float]] = None


@dataclass
class Figure:
    title: str
    panels: List[Panel]
    columns: int = 2
    width: int = 430
    height: int = 300
    colours: Dict[str, str] = field(default_factory=dict)

    def svg(self) -> str:
        for panel in self.panels:
            for line in panel.lines:
                self.colours.setdefault(line.name, COLOURS[len(self.colours) % len(COLOURS)])
        columns = min(self.columns, len(self.panels))
        rows = -(-len(self.panels) // columns)
        legend, legend_height = self._legend(columns * self.width)
        width, height = columns * self.width, 34 + rows * self.height + legend_height
        parts = [
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
            f"viewBox='0 0 {width} {height}'>",
            f"<rect width='{width}' height='{height}' fill='white'/>",
            _text(width / 2, 22, self.title, size=15, anchor="middle"),
        ]
        for index, panel in enumerate(self.panels):
            x, y = index % columns * self.width, 34 + index // columns * self.height
            parts.append(f"<g transform='translate({x} {y})'>{self._panel(panel)}</g>")
        parts.append(f"<g transform='translate(0 {34 + rows * self.height})'>{legend}</g>")
        return "\n".join(parts + ["</svg>", ""])

    def _legend(self, width: int) -> Tuple[str, int]:
        parts, x, y = [], float(LEFT), 8
        dashed = {line.name: line.dashed for panel in self.panels for line in panel.lines}
        for name, colour in self.colours.items():
            wide = 48 + 6.2 * len(name)
            if x + wide > width and x > LEFT:
                x, y = LEFT, y + 20
            dash = " stroke-dasharray='5 4'" if dashed.get(name) else ""
            parts.append(f"<path d='M{x:.1f} {y}h24' stroke='{colour}' stroke-width='2.5'{dash}/>")
            parts.append(_text(x + 30, y + 4, name))
            x += wide
        return "".join(parts), y + 16

    def _panel(self, panel: Panel) -> str:
        points = [point for line in panel.lines for point in line.points if _shown(panel, point)]
        if not points:
            return _text(self.width / 2, self.height / 2, "nothing to show", anchor="middle")
        across = Axis.around([x for x, _ in points], panel.log_x, LEFT, self.width - RIGHT)
        up = Axis.around(panel.y_range or [y for _, y in points], panel.log_y, self.height - BOTTOM, TOP - GAP)
        parts = [_text(LEFT, 16, panel.title, size=12, weight="bold")]
        for value in across.ticks():
            x = across.place(value)
            parts.append(f"<path d='M{x:.1f} {up.low_at}V{up.high_at}' stroke='#e4e4e4'/>")
            parts.append(_text(x, up.low_at + 15, _number(value), size=10, anchor="middle"))
        for value in up.ticks():
            y = up.place(value)
            parts.append(f"<path d='M{across.low_at} {y:.1f}H{across.high_at}' stroke='#e4e4e4'/>")
            parts.append(_text(across.low_at - 6, y + 3.5, _number(value), size=10, anchor="end"))
        parts.append(f"<path d='M{across.low_at} {up.high_at}V{up.low_at}H{across.high_at}' fill='none' "
                     "stroke='#444'/>")
        middle = (up.low_at + up.high_at) / 2
        parts.append(_text((across.low_at + across.high_at) / 2, self.height - 14, panel.x, anchor="middle"))
        parts.append(f"<g transform='rotate(-90 14 {middle})'>{_text(14, middle, panel.y, anchor='middle')}</g>")
        for line in panel.lines:
            parts.append(self._line(panel, line, across, up))
        return "".join(parts)

    def _line(self, panel: Panel, line: Line, across: "Axis", up: "Axis") -> str:
        path, pen_down, last = [], False, 0.0
        for point in line.points:
            if not _shown(panel, point):
                pen_down = False
                continue
            x, y = across.place(point[0]), min(max(up.place(point[1]), up.high_at), up.low_at)
            if pen_down and line.steps:
                path.append(f"H{x:.1f}")
                if abs(y - last) >= 0.05:
                    path.append(f"V{y:.1f}")
            else:
                path.append(f"{'L' if pen_down else 'M'}{x:.1f} {y:.1f}")
            pen_down, last = True, y
        dash = " stroke-dasharray='5 4'" if line.dashed else ""
        marks = ""
        if not line.steps and len(line.points) <= 24:
            marks = "".join(
                f"<circle cx='{across.place(x):.1f}' cy='{min(max(up.place(y), up.high_at), up.low_at):.1f}' r='2.6' "
                f"fill='{self.colours[line.name]}'/>"
                for x, y in line.points if _shown(panel, (x, y)))
        return (f"<path d='{''.join(path)}' fill='none' stroke='{self.colours[line.name]}' stroke-width='1.8' "
                f"stroke-linejoin='round'{dash}/>{marks}")


@dataclass
class Axis:
    low: float
    high: float
    is_log: bool
    low_at: float
    high_at: float

    @classmethod
    def around(cls, values: Sequence[float], is_log: bool, low_at: float, high_at: float) -> "Axis":
        low, high = min(values), max(values)
        if is_log:
            low, high = math.log10(low), math.log10(high)
        if high - low < 1e-12:
            low, high = low - 0.5, high + 0.5
        margin = 0.03 * (high - low)
        low = low if not is_log and low == 0 else low - margin
        return cls(low, high + margin, is_log, low_at, high_at)

    def place(self, value: float) -> float:
        value = math.log10(value) if self.is_log else value
        return self.low_at + (value - self.low) / (self.high - self.low) * (self.high_at - self.low_at)

    def ticks(self) -> List[float]:
        """Powers of ten where there are two or more, 1-2-5 steps elsewhere."""
        if self.is_log:
            powers = range(math.ceil(self.low), math.floor(self.high) + 1)
            if len(powers) >= 2:
                return [10.0 ** power for power in powers]
            steps = [m * 10.0 ** p for p in range(math.floor(self.low), math.ceil(self.high) + 1) for m in (1, 2, 3, 5)]
            return [step for step in steps if self.low <= math.log10(step) <= self.high]
        rough = (self.high - self.low) / 7
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(size * m for m in (1, 2, 5, 10) if size * m >= rough)
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _shown(panel: Panel, point: Tuple[float, float]) -> bool:
    x, y = point
    return (math.isfinite(x) and math.isfinite(y) and not (panel.log_x and x <= 0)
            and not (panel.log_y and y <= 0))


def _number(value: float) -> str:
    """Short: the axis has no room for a million's zeros."""
    if abs(value) >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if abs(value) >= 1e4 else f"{value:.6g}"


def _text(x: float, y: float, text: str, size: int = 11, anchor: str = "start", weight: str = "normal") -> str:
    return (f"<text x='{x:.1f}' y='{y:.1f}' {FONT} font-size='{size}' font-weight='{weight}' "
            f"text-anchor='{anchor}' fill='#222'>{escape(text)}</text>")
