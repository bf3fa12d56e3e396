"""Set up and read the clocks that incidents move: which they watch, what counts as calm, what each then says.

In: what is judged. Out: a dial for every counting clock before the pass over the worlds; readings and events after it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ceasefire.agreement import Agreement, Clock, Quiet
from ceasefire.agreement.language import Never, acts_of
from ceasefire.comply import counted
from ceasefire.comply.choices import COUNTED_DAYS
from ceasefire.comply.clocks import declared, hours
from ceasefire.comply.counted import Dial
from ceasefire.comply.judged import Judged
from ceasefire.comply.lanes import Window
from ceasefire.comply.verdicts import untestable


def dials_of(judged: Judged) -> dict[str, Dial]:
    """A dial for every clock that counts quiet days or waits for a delivery in calm."""
    terms, found = judged.terms, {}
    for clock in terms.clocks.values():
        track = judged.courses[clock.id]
        watches, quiet = _watched(terms, clock)
        if not watches or (clock.consecutive is None and clock.delivery is None):
            continue
        longest = track.started + timedelta(days=COUNTED_DAYS)
        until = min(judged.horizon, longest)
        dial = counted.dial_of(terms, track, quiet or Quiet(killed_a_day=0), watches, until)
        reasons = [untestable(terms, terms.clauses[name]) for name in watches]
        if judged.horizon > longest:
            why = f"it has run for more than {COUNTED_DAYS} days, too many to be counted"
            found[clock.id] = replace(dial, at_most=None, why=why)
            continue
        if reasons and all(reasons):
            why = f"what it watches cannot be tested: {reasons[0]}"
            found[clock.id] = replace(dial, at_most=None, why=why)
            continue
        found[clock.id] = _relative(judged, dial, quiet) if quiet and quiet.share is not None else dial
    return found


def _watched(terms: Agreement, clock: Clock) -> tuple[tuple[str, ...], Quiet | None]:
    """The clauses a clock watches in any wording, and its quiet mark; a road's clock takes those of the run that needs it."""
    owner = (
        clock if clock.watches else next((c for c in terms.clocks.values() if c.access == clock.id), clock)
    )
    names = tuple(name for name in terms.clauses if name.split("@")[0] in owner.watches)
    return names, owner.quiet


def _relative(judged: Judged, dial: Dial, quiet: Quiet) -> Dial:
    """The quiet mark as a share of the attacks a day before the start, if anybody was looking then."""
    assert quiet.share is not None
    assert quiet.before is not None
    start = judged.courses[dial.clock].clock.starts
    before = Window(start - quiet.before, start - timedelta(microseconds=1))
    if judged.seen_share(before) < judged.terms.proof.coverage:
        why = f"no baseline: too few accounts of the {hours(quiet.before) / 24:g} days before the start"
        return replace(dial, killed=False, at_most=None, why=why)
    acts = frozenset().union(
        *(
            acts_of(norm.verb.event.act)
            for name in dial.watches
            if isinstance((norm := judged.terms.clauses[name]).verb, Never)
        )
    )
    n = sum(before.start <= item.start < start and item.act in acts for item in judged.items)
    return replace(dial, killed=False, at_most=quiet.share * n / (hours(quiet.before) / 24))


def read_clocks(judged: Judged) -> None:
    """Fill in the readings of every clock, and what moved it."""
    terms, as_of, horizon = judged.terms, judged.evidence.as_of, judged.horizon
    for k, (name, dial) in enumerate(judged.dials.items()):
        judged.calm[name] = counted.calm_of(dial, k, judged.tallied.sums, judged.worlds.draws)
    for clock in terms.clocks.values():
        track = judged.courses[clock.id]
        judged.readings += declared(terms, track, as_of, horizon)
        calm, now = judged.calm.get(clock.id), hours(horizon - track.started)
        if clock.delivery is not None:
            way = counted.road(clock, judged.evidence.access, judged.names, as_of)
            heard = calm is not None and judged.dials[clock.id].at_most is not None
            share = calm.share(now) if calm is not None and heard else None
            judged.readings.append(counted.read_delivery(terms, clock, way, share, as_of))
        elif clock.consecutive is not None and calm is not None:
            gate = terms.clocks.get(clock.access or "")
            way_in = counted.road(gate, judged.evidence.access, judged.names, as_of) if gate else None
            dial = judged.dials[clock.id]
            reading, met = counted.read_run(terms, track, dial, calm, way_in, as_of, horizon)
            judged.readings.append(reading)
            judged.met[clock.id] = met
            listed = {
                row["incident_id"]
                for row in judged.incident_rows
                if row["norm_id"] in dial.watches and row["verdict"] in ("breached", "undetermined")
            }
            candidates = [item for item in judged.items if item.id in listed]
            readings, events = counted.what_if_resets(terms, track, candidates, as_of)
            judged.readings += readings
            judged.events += events
        judged.events += track.events
