"""geoLocations: one place, point, box and polygon a row.

The schema lets one geoLocation hold several of each, REST only one, and bolognese drops the others when it reads XML.
So they are spread over several rows: the n-th of each kind into the n-th row, and a single place name into every row,
so that each polygon keeps its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

_SINGLE = ("geoLocationPlace", "geoLocationPoint", "geoLocationBox")
_POINTS = ("polygonPoint", "inPolygonPoint")


def spread(locations: Any) -> Any:
    """Rows of geoLocations in which each kind stands once; a kind may hold one value or a list of them.

    Rows that are no objects, and what is no list at all, come back as they are.
    """
    if isinstance(locations, Mapping):
        return _rows(locations)
    if not isinstance(locations, list):
        return locations
    return [row for item in locations for row in (_rows(item) if isinstance(item, Mapping) else [item])]


def join(locations: Any) -> Any:
    """Rows with the several polygons of one named place in one row, as lists of polygons: what `spread` took apart.

    A row that only has a polygon belongs to the one before, which has one too, when both have the same place name.
    Places without a name stay apart: neighbours of no name are as likely to be different places.
    """
    joined: list[Any] = []
    before: Any = None
    for item in locations if isinstance(locations, list) else ():
        if _continues(item, before):
            joined[-1]["geoLocationPolygon"].append(item["geoLocationPolygon"])
        elif isinstance(item, Mapping) and isinstance(item.get("geoLocationPolygon"), list):
            joined.append({**item, "geoLocationPolygon": [item["geoLocationPolygon"]]})
        else:
            joined.append(item)
        before = item
    return joined


def _continues(item: Any, before: Any) -> bool:
    return (
        isinstance(item, Mapping)
        and isinstance(before, Mapping)
        and item.keys() == {"geoLocationPlace", "geoLocationPolygon"}
        and item["geoLocationPlace"] == before.get("geoLocationPlace")
        and isinstance(item["geoLocationPolygon"], list)
        and isinstance(before.get("geoLocationPolygon"), list)
    )


def polygons(value: Any) -> list[Any]:
    """Each polygon as a list of {polygonPoint: point}, with {inPolygonPoint: point} last, as the XSD's sequence wants.

    Takes one such list, a list of such lists (bolognese, several polygons), {polygonPoint: [...], inPolygonPoint: ...}
    (the XML's shape, one or several), or a list of bare points. Anything else stays as it is, for validation to name.
    """
    if isinstance(value, list) and value and all(map(_is_polygon, value)):
        return [_polygon(item) for item in value]
    return [] if value in (None, []) else [_polygon(value)]


def _rows(location: Mapping[str, Any]) -> list[dict[str, Any]]:
    columns = {kind: _listed(location.get(kind)) for kind in _SINGLE}
    columns["geoLocationPolygon"] = polygons(location.get("geoLocationPolygon"))
    height = max(map(len, columns.values()))
    if len(columns["geoLocationPlace"]) == 1:
        columns["geoLocationPlace"] *= height
    return [dict(zip(columns, row, strict=True)) for row in zip_longest(*columns.values())]


def _listed(value: Any) -> list[Any]:
    """One value or several as a list; lists in lists are one list, however deep."""
    found = value if isinstance(value, list) else [value]
    while any(isinstance(item, list) for item in found):
        found = [one for item in found for one in (item if isinstance(item, list) else [item])]
    return [item for item in found if item is not None]


def _polygon(value: Any) -> Any:
    if isinstance(value, Mapping):
        return [{kind: point} for kind in _POINTS for point in _listed(value.get(kind))]
    return sorted(map(_as_point, value), key=_is_inner) if isinstance(value, list) else value


def _is_polygon(item: Any) -> bool:
    return isinstance(item, list) or (isinstance(item, Mapping) and isinstance(item.get("polygonPoint"), list))


def _as_point(point: Any) -> Any:
    return {"polygonPoint": point} if isinstance(point, Mapping) and "pointLongitude" in point else point


def _is_inner(point: Any) -> bool:
    return isinstance(point, Mapping) and "inPolygonPoint" in point
