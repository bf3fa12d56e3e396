"""From reports to claims, and findings kept beside them."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from ceasefire.attribute import claims_of, findings_beside
from ceasefire.model import table

ACTORS = table("actors").frame(
    [
        {"actor_id": "ruaf", "name": "air force R", "party": "russia"},
        {"actor_id": "syaaf", "name": "air force S", "party": "saa"},
        {"actor_id": "saa", "name": "army S", "party": "syrian-government"},
        {"actor_id": "isil", "name": "exempted group"},
    ]
)


def reports(*rows: tuple[str, str, str, str | None]) -> pl.DataFrame:
    at = datetime(2016, 9, 19, 16, tzinfo=UTC)
    return table("located").frame(
        {
            "report_id": r,
            "source_id": s,
            "stance": stance,
            "actor": actor,
            "occurred_from": at,
            "occurred_to": at,
            "published_at": at,
        }
        for r, s, stance, actor in rows
    )


def memberships(origins: dict[str, str], incident: str = "i1") -> pl.DataFrame:
    return table("memberships").frame(
        {"report_id": r, "incident_id": incident, "probability": 1.0, "origin_id": o}
        for r, o in origins.items()
    )


def test_actors_become_parties() -> None:
    """Joint and open cells keep their sign; two forces of one party become that party once."""
    cells = {
        "r1": ("syaaf+ruaf", "russia+syrian-government"),
        "r2": ("syaaf|saa", "syrian-government"),
        "r3": ("syaaf|ruaf", "russia|syrian-government"),
        "r4": ("isil", "isil"),
        "r5": ("somebody else", "somebody else"),
        "r6": ("none", None),
        "r7": (None, None),
    }
    told = reports(*((r, "sohr", "asserts", cell) for r, (cell, _) in cells.items()))
    claims = claims_of(told, memberships({r: r for r in cells}), ACTORS)
    assert dict(claims.select("report_id", "actor").iter_rows()) == {
        r: want for r, (_, want) in cells.items()
    }
    assert claims.columns == list(table("claims").schema)


def test_accounts_of_issuers_and_their_relays_are_kept_apart() -> None:
    """The Board's account is a finding; a newspaper that relays it is no testimony either."""
    told = reports(
        ("r1", "sohr", "asserts", "ruaf"),
        ("r2", "un_boi", "suggests", "syaaf"),
        ("r3", "paper", "suggests", "saa"),
    )
    member = memberships({"r1": "r1", "r2": "r2", "r3": "r2"})
    assert claims_of(told, member, ACTORS).height == 3
    assert claims_of(told, member, ACTORS, issuers={"un_boi"})["report_id"].to_list() == ["r1"]


def test_findings_stand_side_by_side_by_date_and_tie_to_the_first_known_anchor() -> None:
    """The topic's first anchor is not known yet at this as-of; the second decides."""
    topics = table("topics").frame(
        [{"topic_id": "T", "name": "convoy", "anchor_reports": "r9; r1"}, {"topic_id": "U", "name": "other"}]
    )
    found = table("findings").frame(
        [
            {"finding_id": "F2", "issuer": "Commission", "about": "T", "standard": "reasonable grounds",
             "issued_at": datetime(2017, 3, 1, tzinfo=UTC), "actor": "syaaf"},
            {"finding_id": "F1", "issuer": "Board", "about": "T", "standard": "highly likely",
             "issued_at": datetime(2016, 12, 21, tzinfo=UTC), "actor": "ruaf|syaaf"},
            {"finding_id": "F3", "issuer": "Board", "about": "U"},
        ]
    )  # fmt: skip
    beside = findings_beside(found, topics, memberships({"r1": "r1"}))
    assert beside["finding_id"].to_list() == ["F1", "F2", "F3"]
    assert beside["incident_id"].to_list() == ["i1", "i1", None]
    assert beside["standard"].to_list() == ["highly likely", "reasonable grounds", None]
