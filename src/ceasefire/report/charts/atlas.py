"""The map: incidents with the radius of what is not known of their place, on a bare graticule.

In: incidents with points, the case's places and zones. Out: one SVG. No borders are drawn, because none were given;
incidents known only to an area are counted beside the map, not pinned in it. Many incidents are folded into cells.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from ceasefire.report.charts.strokes import OTHER, f, tag

WIDTH, TALLEST, SHORTEST = 900, 760, 420
TOO_VAGUE_KM = 40.0
"""Beyond this radius a point on the map would say more than is known. Our choice: a district's reach."""

FOLD_ABOVE = 400
"""More incidents than this are folded into cells. Our choice, for reading."""

KM_PER_DEGREE = 111.2
CLOSE_KM, DENSE_SHARE = 30.0, 0.25
"""A second map is drawn of a neighbourhood that holds a quarter of the incidents. Our choice, for reading."""
_MOST_NAMES = 26
NAMED_KM = 5.0
"""An incident placed at least this well may lend its point to the name of its place."""


class Chart:
    """An equirectangular projection true at the middle latitude, fitted to a box in degrees."""

    def __init__(self, west: float, south: float, east: float, north: float) -> None:
        self.shrink = math.cos(math.radians((south + north) / 2))
        wide, tall = max((east - west) * self.shrink, 0.2), max(north - south, 0.2)
        wide, tall = max(wide, tall * WIDTH / TALLEST), max(tall, wide * SHORTEST / WIDTH)
        self.scale = WIDTH / (wide * 1.1)
        self.height = round(min(tall * 1.1 * self.scale, TALLEST))
        self.middle = ((west + east) / 2, (south + north) / 2)

    def xy(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Where a point stands, in units of the drawing."""
        x = WIDTH / 2 + (longitude - self.middle[0]) * self.shrink * self.scale
        return x, self.height / 2 - (latitude - self.middle[1]) * self.scale

    def km(self, distance: float) -> float:
        """A distance in units of the drawing."""
        return distance / KM_PER_DEGREE * self.scale


def drawable(incidents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The incidents whose place is known well enough to be drawn."""
    return [
        i
        for i in incidents
        if i["latitude"] is not None
        and i["longitude"] is not None
        and (i["precision_km"] or 0) <= TOO_VAGUE_KM
    ]


def dense_part(incidents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The incidents of the densest neighbourhood, if a second, closer map of them helps; else none."""
    shown = drawable(incidents)
    if not 8 <= len(shown) <= FOLD_ABOVE:
        return []
    ordered = sorted(shown, key=lambda i: i["incident_id"])
    best = max(([o for o in ordered if _apart(i, o) <= CLOSE_KM] for i in ordered), key=len)
    far = max(_apart(best[0], o) for o in ordered)
    return best if len(best) >= DENSE_SHARE * len(shown) and far > 3 * CLOSE_KM else []


def _apart(a: dict[str, Any], b: dict[str, Any]) -> float:
    """Kilometres between two incidents, near enough for a map."""
    shrink = math.cos(math.radians((a["latitude"] + b["latitude"]) / 2))
    across = (a["longitude"] - b["longitude"]) * shrink
    return KM_PER_DEGREE * math.hypot(across, a["latitude"] - b["latitude"])


def map_of(
    incidents: Sequence[dict[str, Any]],
    places: Sequence[dict[str, Any]],
    zones: Mapping[str, Any],
    colours: Mapping[str, str],
) -> Markup:
    """The map, or nothing when no incident can be placed."""
    shown = drawable(incidents)
    if not shown:
        return Markup("")
    chart = _fitted(shown)
    folded = len(shown) > FOLD_ABOVE
    pieces = [tag("rect", x=0, y=0, width=WIDTH, height=chart.height, class_="sea"), *_graticule(chart)]
    pieces += [_outline(name, shape, chart) for name, shape in zones.items()]
    pieces += _cells(shown, chart, colours) if folded else _dots(shown, chart, colours)
    pieces += _names(shown, places, chart)
    pieces += _scale_bar(chart)
    how = (
        "folded into cells, larger where more"
        if folded
        else "with circles for what is not known of their place"
    )
    label = f"Map of {len(shown)} incidents {how}"
    return Markup(
        f'<svg role="img" aria-label="{escape(label)}" class="map" viewBox="0 0 {WIDTH} {chart.height}">'
        + "".join(pieces)
        + "</svg>"
    )


def _fitted(shown: Sequence[dict[str, Any]]) -> Chart:
    lats = sorted(i["latitude"] for i in shown)
    lons = sorted(i["longitude"] for i in shown)
    cut = len(shown) // 100  # a stray point must not shrink the rest to nothing
    return Chart(lons[cut], lats[cut], lons[-1 - cut], lats[-1 - cut])


def _graticule(chart: Chart) -> list[str]:
    span = chart.height / chart.scale
    step = next(s for s in (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0) if span / s <= 6)
    pieces = []
    half_w = WIDTH / 2 / chart.scale / chart.shrink
    for n in range(math.ceil((chart.middle[0] - half_w) / step), int((chart.middle[0] + half_w) / step) + 1):
        x, _ = chart.xy(n * step, chart.middle[1])
        pieces.append(tag("line", x1=f(x), x2=f(x), y1=0, y2=chart.height, class_="grid"))
        if x < WIDTH - 40:
            pieces.append(
                tag("text", _degrees(n * step, "E", "W"), x=f(x + 4), y=chart.height - 6, class_="t")
            )
    for n in range(
        math.ceil((chart.middle[1] - span / 2) / step), int((chart.middle[1] + span / 2) / step) + 1
    ):
        _, y = chart.xy(chart.middle[0], n * step)
        pieces.append(tag("line", x1=0, x2=WIDTH, y1=f(y), y2=f(y), class_="grid"))
        pieces.append(tag("text", _degrees(n * step, "N", "S"), x=6, y=f(y - 4), class_="t"))
    return pieces


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):g}°{positive if value >= 0 else negative}"


def _outline(name: str, shape: Any, chart: Chart) -> str:
    paths = []
    for part in getattr(shape, "geoms", [shape]):
        ring = getattr(part, "exterior", part)
        corners = [chart.xy(x, y) for x, y, *_ in ring.coords]
        paths.append("M" + "L".join(f"{f(x)} {f(y)}" for x, y in corners) + ("Z" if ring is not part else ""))
    return tag("path", tag("title", escape(f"zone: {name}")), d="".join(paths), class_="zone")


def _dots(shown: Sequence[dict[str, Any]], chart: Chart, colours: Mapping[str, str]) -> list[str]:
    """All circles of uncertainty first, then the dots, so that none is hidden under another's doubt."""
    radii, dots = [], []
    for i in sorted(shown, key=lambda i: (-(i["killed_best"] or 0), i["incident_id"])):
        x, y = chart.xy(i["longitude"], i["latitude"])
        colour = colours.get(i["answer"] or "undetermined", OTHER)
        radius = chart.km(i["precision_km"] or 0)
        if radius > 3:
            radii.append(
                tag("circle", cx=f(x), cy=f(y), r=f(radius), class_="radius", fill=colour, stroke=colour)
            )
        title = tag("title", escape(i["heading"]))
        css = "spot open" if i["answer"] in (None, "undetermined") else "spot"
        size = f(3 + min(math.sqrt(i["killed_best"] or 0), 9))
        dot = tag("circle", title, cx=f(x), cy=f(y), r=size, class_=css, fill=colour)
        dots.append(tag("a", dot, href=i["href"]) if i["href"] else dot)
    return radii + dots


def _cells(shown: Sequence[dict[str, Any]], chart: Chart, colours: Mapping[str, str]) -> list[str]:
    side = 22.0
    cells: dict[tuple[int, int], list[str]] = defaultdict(list)
    for i in shown:
        x, y = chart.xy(i["longitude"], i["latitude"])
        if 0 <= x <= WIDTH and 0 <= y <= chart.height:
            cells[int(x // side), int(y // side)].append(i["answer"] or "undetermined")
    most = max(len(c) for c in cells.values())
    pieces = []
    for (column, row), answers in sorted(cells.items()):
        x, y = (column + 0.5) * side, (row + 0.5) * side
        radius = 2.5 + (side / 2 + 3) * math.sqrt(len(answers) / most)
        counts = Counter(answers)
        words = ", ".join(f"{n} {a}" for a, n in sorted(counts.items(), key=lambda c: (-c[1], c[0])))
        title = tag("title", escape(f"{len(answers)} incidents: {words}"))
        pieces += _pie(x, y, radius, counts, colours, title)
    return pieces


def _pie(
    x: float, y: float, radius: float, counts: Counter[str], colours: Mapping[str, str], title: str
) -> list[str]:
    """A disc cut by answer, in the order of the colours."""
    order = [a for a in colours if counts[a]]
    if len(order) == 1:
        colour = colours.get(order[0], OTHER)
        return [tag("circle", title, cx=f(x), cy=f(y), r=f(radius), fill=colour, class_="cell")]
    pieces, turn, total = [], 0.0, sum(counts[a] for a in order)
    for answer in order:
        share = counts[answer] / total
        (x1, y1), (x2, y2) = (
            (x + radius * math.sin(2 * math.pi * t), y - radius * math.cos(2 * math.pi * t))
            for t in (turn, turn + share)
        )
        arc = f"A{f(radius)} {f(radius)} 0 {int(share > 0.5)} 1 {f(x2)} {f(y2)}"
        path = f"M{f(x)} {f(y)}L{f(x1)} {f(y1)}{arc}Z"
        pieces.append(tag("path", title, d=path, fill=colours[answer], class_="cell"))
        turn += share
    return pieces


def _names(shown: Sequence[dict[str, Any]], places: Sequence[dict[str, Any]], chart: Chart) -> list[str]:
    """Names of places, those with the most incidents first, where they do not run into each other."""
    told = Counter(i["place_name"] for i in shown if i["place_name"])
    known = {p["place_name"]: p for p in places if p["latitude"] is not None and p["longitude"] is not None}
    for i in sorted(
        shown, key=lambda i: i["incident_id"]
    ):  # where the gazetteer is silent, a well-placed incident
        if (i["precision_km"] or 0) <= NAMED_KM:
            known.setdefault(i["place_name"], i)
    taken: list[tuple[float, float, float, float]] = []
    pieces = []
    named = sorted((n for n in told if n in known), key=lambda n: (-told[n], n))
    for place in (known[n] for n in named):
        name = str(place["place_name"])
        x, y = chart.xy(place["longitude"], place["latitude"])
        width = 7.0 * len(name)
        for dx, anchor in ((13, "start"), (-13, "end")):
            left = x + dx if anchor == "start" else x + dx - width
            box = (left, y - 9, left + width, y + 7)
            inside = left >= 0 and left + width <= WIDTH and 10 <= y <= chart.height - 10
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                pieces.append(
                    tag("text", escape(name), x=f(x + dx), y=f(y + 4), text_anchor=anchor, class_="t place")
                )
                break
        if len(pieces) >= _MOST_NAMES:
            break
    return pieces


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _scale_bar(chart: Chart) -> list[str]:
    km = next(k for k in (500, 200, 100, 50, 20, 10, 5, 2, 1) if chart.km(k) <= WIDTH / 4)
    length = chart.km(km)
    x, y = WIDTH - 20 - length, 24
    line = tag("path", d=f"M{f(x)} {y - 5}v5h{f(length)}v-5", class_="scale-bar")
    return [line, tag("text", f"{km} km", x=f(x + length / 2), y=y - 8, class_="t", text_anchor="middle")]
