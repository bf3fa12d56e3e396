"""A made-up picture for tests of what comes out: an invented valley, invented parties, invented figures.

Nothing here is about a real place or people. ``picture()`` returns an object with the attributes of a ``Picture``.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import polars as pl
from shapely.geometry import Polygon

from ceasefire.model import table, tables

SITE = (36.151583, 36.967753)
SECRET_NAME = "Yusra Halloum-Test"
SECRET_ID = "yhalloum"


def at(day, hour=0, minute=0):
    return datetime(2031, 5, day, hour, minute, tzinfo=UTC)


def day(d):
    return {"occurred_from": at(d), "occurred_to": at(d) + timedelta(days=1, microseconds=-1)}


@dataclass(frozen=True)
class Fabricated:
    case: SimpleNamespace
    tables: dict
    as_of: datetime = datetime(2031, 5, 20, 12, tzinfo=UTC)
    seed: int = 0
    version: str = "0.0.test"
    extra: dict = field(default_factory=dict)

    def table(self, name):
        return self.tables[name]

    def with_rows(self, name, rows):
        """The same picture with one table replaced."""
        return replace(self, tables=self.tables | {name: table(name).frame(rows)})


def party(identifier, name, side):
    return SimpleNamespace(id=identifier, name=name, role="party", side=side)


PARTIES = {
    p.id: p for p in (party("uplands", "Uplands Council", "north"), party("river", "River Front", "south"))
}

SOURCES = [
    {
        "source_id": "radio_up",
        "name": "Radio Uplands",
        "kind": "media_state",
        "camp": "uplands",
        "language": "en",
    },
    {"source_id": "rf_press", "name": "River Front press office", "kind": "armed_group", "camp": "river"},
    {"source_id": "watch", "name": "Valley Watch", "kind": "monitor_ngo", "language": "ar;en"},
    {"source_id": "daily", "name": "The Valley Daily", "kind": "media_independent"},
    {
        "source_id": SECRET_ID,
        "name": f"{SECRET_NAME} (nurse, Old Mill)",
        "kind": "medical_ngo",
        "protected": True,
        "pseudonym": "Medical worker A",
        "note": "lives by the bridge",
        "country": "XX",
    },
]

REPORTS = [
    {
        "report_id": "R1",
        "source_id": "watch",
        "published_at": at(12, 20),
        "recorded_at": at(12, 20),
        "occurred_from": at(12, 16, 10),
        "occurred_to": at(12, 17),
        "place_name": "Old Mill",
        "latitude": SITE[0] + 0.0002,
        "longitude": SITE[1],
        "precision_km": 0.3,
        "act": "convoy_attack",
        "stance": "asserts",
        "actor": "uplands",
        "affected": "aid",
        "killed_min": 10,
        "killed_max": 12,
        "text": "قافلة مساعدات تعرضت للقصف قرب الطاحونة القديمة",
        "language": "ar",
        "url": "https://example.org/watch/1",
    },
    {
        "report_id": "R2",
        "source_id": "radio_up",
        "published_at": at(13, 8),
        "recorded_at": at(13, 8),
        **day(12),
        "place_name": "Old Mill",
        "act": "convoy_attack",
        "stance": "denies",
        "actor": "uplands",
        "text": "The Council's aircraft did not fly; the cargo caught fire",
        "language": "en",
        "url": "https://example.org/radio/7?a=1&b=2",
    },
    {
        "report_id": "R3",
        "source_id": "daily",
        "published_at": at(13, 9),
        "recorded_at": at(13, 9),
        **day(12),
        "place_name": "Old Mill",
        "act": "convoy_attack",
        "stance": "asserts",
        "actor": "uplands",
        "killed_min": 12,
        "killed_max": 12,
        "text": "Valley Watch says aircraft of the Council hit the convoy",
        "relays": "watch",
        "url": "https://example.org/daily/3",
    },
    {
        "report_id": "R4",
        "source_id": SECRET_ID,
        "published_at": at(13, 10),
        "recorded_at": at(13, 10),
        "occurred_from": at(12, 16),
        "occurred_to": at(12, 16, 30),
        "place_name": "Old Mill",
        "latitude": SITE[0],
        "longitude": SITE[1],
        "precision_km": 0.1,
        "act": "convoy_attack",
        "stance": "suggests",
        "actor": "uplands|river",
        "killed_min": 14,
        "text": f"{SECRET_NAME} says she saw it from the clinic at 36.15158, 36.96775",
        "url": "https://example.org/secret/yh",
        "via": "a friend of hers",
    },
    {
        "report_id": "R5",
        "source_id": "rf_press",
        "published_at": at(15, 18),
        "recorded_at": at(15, 18),
        "occurred_from": at(15, 6),
        "occurred_to": at(15, 7),
        "place_name": "Stone Bridge",
        "latitude": 36.02,
        "longitude": 36.7,
        "precision_km": 3.0,
        "act": "shelling",
        "stance": "asserts",
        "actor": "uplands",
        "killed_min": 0,
        "killed_max": 0,
        "injured_min": 2,
        "text": "Shells from the hills, says the press office, quoting Yusra halloum test",
        "url": "https://example.org/secret/yh",
    },
    {
        "report_id": "R6",
        "source_id": "radio_up",
        "published_at": at(16, 18),
        "recorded_at": at(16, 18),
        **day(16),
        "place_name": "Нижний брод",
        "latitude": 36.3,
        "longitude": 37.05,
        "precision_km": 5.0,
        "act": "sniper",
        "stance": "asserts",
        "actor": "river",
        "killed_min": 1,
        "killed_max": 1,
        "text": "Снайперский огонь у нижнего брода",
        "language": "ru",
        "url": "https://example.org/radio/9",
    },
]

INCIDENTS = [
    {
        "incident_id": "i-R1",
        "occurred_from": at(12, 16, 10),
        "occurred_to": at(12, 17),
        "latitude": SITE[0] + 0.0001,
        "longitude": SITE[1],
        "precision_km": 0.3,
        "place_name": "Old Mill",
        "admin1": "North Valley",
        "act": "convoy_attack",
        "affected": "aid",
        "affected_object": "aid convoy",
        "killed_low": 10,
        "killed_best": 12,
        "killed_high": 14,
        "n_reports": 4,
        "n_sources": 4,
        "n_origins": 3,
        "founding_report": "R1",
        "first_recorded_at": at(12, 20),
        "cohesion": 0.97,
    },
    {
        "incident_id": "i-R5",
        "occurred_from": at(15, 6),
        "occurred_to": at(15, 7),
        "latitude": 36.02,
        "longitude": 36.7,
        "precision_km": 3.0,
        "place_name": "Stone Bridge",
        "admin1": "South Valley",
        "act": "shelling",
        "killed_low": 0,
        "killed_best": 0,
        "killed_high": 0,
        "injured_low": 2,
        "n_reports": 1,
        "n_sources": 1,
        "n_origins": 1,
        "founding_report": "R5",
        "first_recorded_at": at(15, 18),
    },
    {
        "incident_id": "i-R6",
        **day(16),
        "latitude": 36.3,
        "longitude": 37.05,
        "precision_km": 5.0,
        "place_name": "Нижний брод",
        "admin1": "North Valley",
        "act": "sniper",
        "killed_low": 1,
        "killed_best": 1,
        "killed_high": 1,
        "n_reports": 1,
        "n_sources": 1,
        "n_origins": 1,
        "founding_report": "R6",
        "first_recorded_at": at(16, 18),
    },
]


def _answer(incident, actor, p, low, high, prior=0.2):
    return {
        "incident_id": incident,
        "actor": actor,
        "probability": p,
        "low": low,
        "high": high,
        "prior": prior,
    }


ATTRIBUTIONS = [
    _answer("i-R1", "uplands", 0.82, 0.61, 0.93),
    _answer("i-R1", "river", 0.1, 0.03, 0.22),
    _answer("i-R1", "accident", 0.05, 0.01, 0.2),
    _answer("i-R1", "third_party", 0.03, 0.0, 0.08),
    _answer("i-R5", "uplands", 0.6, 0.3, 0.8),
    _answer("i-R5", "river", 0.3, 0.1, 0.5),
    _answer("i-R5", "accident", 0.05, 0.01, 0.2),
    _answer("i-R5", "third_party", 0.05, 0.01, 0.2),
    _answer("i-R6", "river", 0.62, 0.33, 0.8),
    _answer("i-R6", "uplands", 0.28, 0.1, 0.5),
    _answer("i-R6", "accident", 0.05, 0.01, 0.2),
    _answer("i-R6", "third_party", 0.05, 0.01, 0.2),
]

ASSESSMENTS = [
    {
        "incident_id": "i-R1",
        "answer": "uplands",
        "leading": "uplands",
        "probability": 0.82,
        "low": 0.61,
        "high": 0.93,
        "standard": "reasonable_grounds",
        "contested": True,
        "self_attributed": False,
        "n_origins": 3,
        "n_camps": 2,
        "rule": "lower end at least 0.50 with 2 origins from 2 camps",
    },
    {
        "incident_id": "i-R5",
        "answer": "undetermined",
        "leading": "uplands",
        "probability": 0.6,
        "low": 0.3,
        "high": 0.8,
        "contested": False,
        "self_attributed": False,
        "n_origins": 1,
        "n_camps": 1,
        "rule": "one origin is not enough",
    },
    {
        "incident_id": "i-R6",
        "answer": "undetermined",
        "leading": "river",
        "probability": 0.62,
        "low": 0.33,
        "high": 0.8,
        "contested": False,
        "self_attributed": False,
        "n_origins": 1,
        "n_camps": 1,
        "rule": "one origin is not enough",
    },
]

EVIDENCE = [
    {
        "incident_id": "i-R1",
        "actor": "uplands",
        "step": 0,
        "kind": "prior",
        "says": "before",
        "log_weight": -1.4,
    },
    {
        "incident_id": "i-R1",
        "actor": "uplands",
        "step": 1,
        "kind": "testimony",
        "source_id": "watch",
        "report_ids": "R1;R3",
        "says": "asserts uplands",
        "log_weight": 2.1,
    },
    {
        "incident_id": "i-R1",
        "actor": "uplands",
        "step": 2,
        "kind": "denial",
        "source_id": "radio_up",
        "camp": "uplands",
        "report_ids": "R2",
        "says": "denies uplands",
        "log_weight": -0.2,
    },
    {
        "incident_id": "i-R1",
        "actor": "uplands",
        "step": 3,
        "kind": "testimony",
        "source_id": SECRET_ID,
        "report_ids": "R4",
        "says": "suggests uplands or river",
        "log_weight": 0.7,
    },
]

MEMBERSHIPS = [
    {"report_id": "R1", "incident_id": "i-R1", "probability": 0.99, "origin_id": "R1"},
    {"report_id": "R2", "incident_id": "i-R1", "probability": 0.97, "origin_id": "R2"},
    {
        "report_id": "R3",
        "incident_id": "i-R1",
        "probability": 0.98,
        "origin_id": "R1",
        "copy_basis": "relays",
    },
    {"report_id": "R4", "incident_id": "i-R1", "probability": 0.98, "origin_id": "R4"},
    {"report_id": "R5", "incident_id": "i-R5", "probability": 1.0, "origin_id": "R5"},
    {"report_id": "R6", "incident_id": "i-R6", "probability": 1.0, "origin_id": "R6"},
]

LINKS = [
    {
        "report_a": "R1",
        "report_b": "R4",
        "prior": -3.0,
        "w_time": 2.0,
        "w_place": 3.2,
        "weight": 2.2,
        "probability": 0.9,
    },
]

VERDICTS = [
    {
        "norm_id": "N1",
        "clause": "1(a)",
        "title": "No attack of any kind",
        "holder": "uplands",
        "verdict": "breached",
        "p_breached": 0.91,
        "p_satisfied": 0.09,
        "n_incidents": 2,
        "incidents": "i-R1;i-R5",
        "reason": "at least one attack reaches the standard",
        "text_status": "official",
        "contested_bearer": False,
        "source": "text, point 1",
    },
    {
        "norm_id": "N1",
        "clause": "1(a)",
        "title": "No attack of any kind",
        "holder": "river",
        "verdict": "undetermined",
        "p_breached": 0.62,
        "p_satisfied": 0.38,
        "n_incidents": 1,
        "incidents": "i-R6",
        "reason": "one origin is not enough",
        "text_status": "official",
        "contested_bearer": False,
        "source": "text, point 1",
    },
    {
        "norm_id": "N2",
        "clause": "3",
        "title": "No flights over the marked area",
        "holder": "uplands",
        "verdict": "not_testable",
        "n_incidents": 0,
        "reason": "the map was never published",
        "text_status": "leaked",
        "contested_bearer": True,
        "source": "leaked text, point 3",
    },
    {
        "norm_id": "N3",
        "clause": "2",
        "title": "Guns leave the ridge",
        "holder": "river",
        "verdict": "not_observed",
        "n_incidents": 0,
        "reason": "nobody could go there",
        "text_status": "paraphrase",
        "contested_bearer": False,
        "source": "letter",
    },
]

CLOCKS = [
    {
        "clock_id": "renewal",
        "title": "Renewal every two days",
        "owner": "both",
        "reading": "declared",
        "state": "lapsed",
        "started_at": at(12, 10),
        "ends_at": at(18, 10),
        "needed_hours": 48.0,
        "achieved_hours": 144.0,
        "reason": "the last extension was offered by one side only",
    },
    {
        "clock_id": "seven",
        "title": "Seven quiet days in a row",
        "owner": "both",
        "reading": "declared",
        "state": "not_met",
        "started_at": at(12, 10),
        "ends_at": at(19, 10),
        "needed_hours": 168.0,
        "achieved_hours": 6.0,
        "probability": 0.97,
        "reason": "said not to be met",
    },
    {
        "clock_id": "seven",
        "title": "Seven quiet days in a row",
        "owner": "both",
        "reading": "counted",
        "state": "running",
        "started_at": at(16, 22),
        "ends_at": at(23, 22),
        "needed_hours": 168.0,
        "achieved_hours": 86.0,
        "probability": 0.7,
        "reason": "an attack put it back to the start",
    },
    {
        "clock_id": "access",
        "title": "Aid reaches the valley",
        "owner": "uplands",
        "reading": "counted",
        "state": "blocked",
        "started_at": at(12, 10),
        "needed_hours": 168.0,
        "achieved_hours": 0.0,
        "reason": "quiet but closed: nothing was delivered",
    },
]

CLOCK_EVENTS = [
    {
        "clock_id": "renewal",
        "at": at(12, 10),
        "kind": "start",
        "until": at(14, 10),
        "by": "uplands+river",
        "joint": True,
    },
    {
        "clock_id": "renewal",
        "at": at(14, 9),
        "kind": "extend",
        "until": at(16, 10),
        "by": "uplands+river",
        "joint": True,
    },
    {
        "clock_id": "renewal",
        "at": at(16, 9),
        "kind": "offer",
        "until": at(18, 10),
        "by": "river",
        "joint": False,
        "effect": "offered by one side",
    },
    {"clock_id": "seven", "at": at(16, 22), "kind": "reset", "effect": "set back by i-R6"},
]

CONSIGNMENTS = [
    {
        "consignment": "mill-40",
        "from_place": "Border gate",
        "to_place": "Old Mill",
        "requested_at": at(10),
        "departed_at": at(12, 8),
        "attacked_at": at(12, 16),
        "outcome": "attacked",
        "days_waiting": 2.3,
        "trucks": "31",
        "authorities": "uplands",
        "constraints": "violence",
        "accounts": "A1;A2",
    },
    {
        "consignment": "east-20",
        "from_place": "Border gate",
        "to_place": "East bank",
        "requested_at": at(11),
        "outcome": "waiting",
        "days_waiting": 9.5,
        "trucks": "20-40",
        "authorities": "uplands;river",
        "constraints": "entry;movement",
        "accounts": "A3",
    },
    {
        "consignment": "coming",
        "from_place": "Secret depot",
        "to_place": "Ford",
        "departed_at": at(25),
        "outcome": "planned",
        "accounts": "A4",
    },
]

ACCESS = [
    {
        "access_id": "A1",
        "at": at(10),
        "kind": "request",
        "consignment": "mill-40",
        "from_place": "Border gate",
        "to_place": "Old Mill",
        "reported_by": "watch",
        "text": "asked for",
        "url": "https://example.org/a1",
    },
    {
        "access_id": "A2",
        "at": at(12, 16),
        "kind": "attacked",
        "consignment": "mill-40",
        "reported_by": SECRET_ID,
        "text": "attacked",
        "url": "https://example.org/a2-theirs",
    },
    {"access_id": "A3", "at": at(11), "kind": "request", "consignment": "east-20", "text": "asked for"},
    {
        "access_id": "A4",
        "at": at(25),
        "kind": "departed",
        "consignment": "coming",
        "from_place": "Secret depot",
    },
]

STATEMENTS = [
    ("S1", "RU-1", 1, at(13, 8), "none", None, "The cargo caught fire", "military"),
    (
        "S2",
        "RU-1",
        2,
        at(13, 20),
        "substitution",
        "cause: fire -> mortar",
        "A mortar was seen with the convoy",
        "military",
    ),
    ("S3", "RU-2", 1, at(13, 12), "none", None, "We regret the loss and will inquire", "diplomacy"),
]


def _rows():
    speaker = {"speaker": "Col. Example", "party": "uplands", "about": "convoy"}
    return {
        "sources": SOURCES,
        "reports": REPORTS,
        "located": [r | {"location_basis": "given"} for r in REPORTS],
        "incidents": INCIDENTS,
        "attributions": ATTRIBUTIONS,
        "assessments": ASSESSMENTS,
        "evidence": EVIDENCE,
        "memberships": MEMBERSHIPS,
        "links": LINKS,
        "verdicts": VERDICTS,
        "incident_verdicts": [
            {
                "incident_id": "i-R1",
                "norm_id": "N1",
                "holder": "uplands",
                "verdict": "breached",
                "p_breach": 0.82,
                "reason": "attack",
            },
            {
                "incident_id": "i-R6",
                "norm_id": "N1",
                "holder": "river",
                "verdict": "undetermined",
                "p_breach": 0.62,
                "reason": "one origin",
            },
        ],
        "clocks": CLOCKS,
        "clock_events": CLOCK_EVENTS,
        "consignments": CONSIGNMENTS,
        "access": ACCESS,
        "access_delays": [
            {
                "authority": "uplands",
                "n_consignments": 2,
                "n_delivered": 0,
                "n_waiting": 1,
                "days_median": 5.9,
                "days_low": 2.3,
                "days_high": 9.5,
                "constraints": "entry;violence",
                "accounts": "A1;A2",
            }
        ],
        "routes": [
            {
                "route": "Mill Road",
                "state": "contested",
                "last_evidence_at": at(13),
                "because": "two accounts disagree",
                "accounts": "A2",
            }
        ],
        "places": [
            {"place_name": "Stone Bridge", "latitude": 36.02, "longitude": 36.7, "precision": "town"},
            {
                "place_name": "Clinic at the mill",
                "aliases": "عيادة",
                "latitude": SITE[0],
                "longitude": SITE[1],
                "precision": "exact",
                "protected": True,
            },
        ],
        "notifications": [
            {
                "notification_id": "NT1",
                "kind": "site",
                "name": "Clinic at the mill",
                "place_name": "Old Mill",
                "latitude": SITE[0],
                "longitude": SITE[1],
                "notified_at": at(1),
                "recipients": "uplands+river",
                "url": "https://example.org/nt1",
            },
            {
                "notification_id": "NT2",
                "kind": "movement",
                "name": "Convoy of the 25th by the Secret depot",
                "place_name": "Ford",
                "notified_at": at(19),
                "valid_from": at(25),
                "valid_to": at(26),
            },
        ],
        "struck_after_notified": [
            {
                "notification_id": "NT1",
                "incident_id": "i-R1",
                "hours_after": 278.0,
                "distance_km": 0.0417,
                "probability": 0.93,
                "public_note": "an aid site in Old Mill that the parties had been told of",
            }
        ],
        "topics": [{"topic_id": "convoy", "name": "The convoy at Old Mill", "anchor_reports": "R1"}],
        "statements": [
            {
                "statement_id": s,
                "thread": t,
                "said_at": when,
                "text": text,
                "body": body,
                "url": f"https://example.org/{s}",
                **speaker,
            }
            for s, t, _, when, _, _, text, body in STATEMENTS
        ],
        "positions": [
            {
                "statement_id": s,
                "thread": t,
                "order": order,
                "said_at": when,
                "change": change,
                "keys": keys,
                "text": text,
                "body": body,
                **speaker,
            }
            for s, t, order, when, change, keys, text, body in STATEMENTS
        ],
        "contradictions": [
            {
                "about": "convoy",
                "scope": "self",
                "kind": "contradiction",
                "statement_a": "S1",
                "statement_b": "S2",
                "party_a": "uplands",
                "party_b": "uplands",
                "body_a": "military",
                "body_b": "military",
                "key_a": "cause",
                "value_a": "fire",
                "key_b": "cause",
                "value_b": "mortar",
                "note": "two causes that cannot both hold",
            }
        ],
        "office_distances": [
            {
                "party": "uplands",
                "body_a": "diplomacy",
                "body_b": "military",
                "n_comparable": 4,
                "n_conflicts": 1,
                "distance": 0.25,
                "low": 0.06,
                "high": 0.6,
                "examples": "S2/S3",
            }
        ],
        "divergences": [
            {
                "about": "all",
                "camp_a": "river",
                "camp_b": "uplands",
                "n_a": 1,
                "n_b": 2,
                "divergence": 0.93,
                "low": 0.5,
                "high": 1.0,
                "blames_a": "uplands 1.00",
                "blames_b": "river 1.00",
            }
        ],
        "who_reports_whom": [
            {
                "camp": "none",
                "accused": "uplands",
                "n_reports": 3,
                "n_sources": 3,
                "share": 1.0,
                "killed_reported": 14,
            },
            {
                "camp": "river",
                "accused": "uplands",
                "n_reports": 1,
                "n_sources": 1,
                "share": 1.0,
                "killed_reported": 0,
            },
            {
                "camp": "uplands",
                "accused": "river",
                "n_reports": 1,
                "n_sources": 1,
                "share": 0.5,
                "killed_reported": 1,
            },
            {
                "camp": "uplands",
                "accused": "nobody named",
                "n_reports": 1,
                "n_sources": 1,
                "share": 0.5,
                "killed_reported": 0,
            },
        ],
        "series": [
            {
                "series_id": "radio_up / breaches / river",
                "counted_by": "radio_up",
                "camp": "uplands",
                "against": "river",
                "metric": "breaches",
                "counting_unit": "breach",
                "counting_rule": "not stated",
                "one_sided": True,
                "effort_known": False,
                "n_counts": 2,
                "period_from": at(12),
                "period_to": at(14),
                "values": "23; 37",
                "checks": "23 + 37 = 60",
                "counts": "C1;C2",
            },
            {
                "series_id": "watch / deaths / all",
                "counted_by": "watch",
                "against": "all",
                "metric": "deaths",
                "counting_unit": "person",
                "one_sided": False,
                "n_counts": 1,
                "values": "0",
                "counts": "C3",
            },
        ],
        "pooling": [
            {
                "series_a": "radio_up / breaches / river",
                "series_b": "watch / deaths / all",
                "allowed": False,
                "because": "they count different things, and one counts one side only",
            }
        ],
        "observation": [
            {
                "area": area,
                "day": f"2031-05-{d:02}",
                "state": state,
                "n_incidents": int(state == "reported"),
                "n_sources": 1,
                "n_camps": 1,
            }
            for area, states in {"North Valley": "rqnqr", "South Valley": "nnnrq"}.items()
            for d, state in enumerate(
                ({"r": "reported", "q": "quiet_watched", "n": "not_observed"}[s] for s in states), 12
            )
        ],
        "rate_ratios": [
            {
                "truce_id": "T1",
                "window_days": 14,
                "unit": "place_days",
                "start_day": "2031-05-12",
                "start_day_excluded": True,
                "before": 30,
                "after": 12,
                "per_day_before": 2.1,
                "per_day_after": 0.9,
                "ratio": 0.4,
                "low": 0.19,
                "high": 0.8,
                "placebo_share": 0.04,
                "straddling": 1,
                "warning": "too few",
            }
        ],
        "truces": [
            {"truce_id": "T1", "name": "Truce of the valley", "starts_at": at(12, 10), "analyse": True}
        ],
        "signals": [
            {
                "signal_id": "aid",
                "title": "Aid stands still",
                "state": "present",
                "since": at(13),
                "value": "7 days",
                "evidence": "A3",
                "reason": "nothing was delivered",
            },
            {
                "signal_id": "rhetoric",
                "title": "Offices diverge",
                "state": "cannot_say",
                "reason": "too few words",
            },
        ],
        "answers": [
            {
                "question_id": "1",
                "question": "Was the truce kept?",
                "answer": "No: one obligation was breached.",
                "can_say": True,
                "tables": "verdicts",
                "evidence": "N1",
            },
            {
                "question_id": "2",
                "question": "Was it meant?",
                "answer": "Cannot say: intent is not in the accounts.",
                "can_say": False,
                "tables": "findings",
            },
        ],
        "findings": [
            {
                "finding_id": "F1",
                "issuer": "Board of the Valley",
                "issued_at": at(19),
                "about": "convoy",
                "conclusion": "An air attack; the perpetrator could not be identified",
                "standard": "highly likely",
                "actor": "uplands",
                "intent": "no evidence",
                "url": "https://example.org/f1",
            }
        ],
        "problems": [
            {
                "severity": "warning",
                "stage": "locate",
                "code": "place_unresolved",
                "file": "reports.csv",
                "line": 7,
                "record": "R2",
                "expected": "a place of the gazetteer",
                "found": "'Old Mil'",
                "action": "add an alias",
            },
            {
                "severity": "error",
                "stage": "case",
                "code": "bad_time",
                "file": "reports.csv",
                "line": 9,
                "expected": "a time",
                "found": "'soon'",
                "action": "correct it",
            },
        ],
        "decisions": [
            {"decision_id": "D1", "kind": "same", "report_a": "R1", "report_b": "R3", "by": "analyst Nima"}
        ],
    }


def picture():
    """The whole made-up picture."""
    rows = _rows()
    frames = {name: declared.frame(rows.get(name, [])) for name, declared in tables().items()}
    zone = Polygon([(36.6, 35.95), (37.1, 35.95), (37.1, 36.35), (36.6, 36.35)])
    agreement = SimpleNamespace(
        title="Understanding of the Valley",
        parties=PARTIES,
        zones={"valley": zone},
        zone_shapes={"valley": zone},
    )
    case = SimpleNamespace(
        name="valley-2031",
        title="The valley, May 2031 (made up)",
        summary="An invented truce between two invented parties, for tests.",
        timezone="Asia/Damascus",
        period=(at(10), at(20)),
        credits=("Nobody: this is made up",),
        gathered_at=at(20),
        facts={},
        agreement=agreement,
        inputs={"case.yaml": "0" * 64, f"reports/{SECRET_ID}.csv": "1" * 64},
    )
    return Fabricated(case=case, tables=frames)


def frame(name, rows):
    return table(name).frame(rows)


def empty_picture():
    """A case with one bare report and nothing else."""
    full = picture()
    bare = {"report_id": "R1", "source_id": "watch", **day(12)}
    frames = {name: declared.empty() for name, declared in tables().items()}
    frames |= {"reports": frame("reports", [bare]), "sources": frame("sources", SOURCES[2:3])}
    return replace(full, tables=frames)


__all__ = ["SECRET_ID", "SECRET_NAME", "SITE", "Fabricated", "at", "empty_picture", "frame", "picture", "pl"]
