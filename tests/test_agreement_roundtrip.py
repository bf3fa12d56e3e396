"""What the constructors make is what the file says: ``load(dump(x)) == x`` for any agreement, and nothing is lost on the way."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from ceasefire.agreement import Agreement, dump, lint, load
from made_up_agreements import agreements

CALM_CHECKS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@CALM_CHECKS
@given(terms=agreements())
def test_any_agreement_comes_back_as_it_was_written(terms: Agreement) -> None:
    text = dump(terms)
    again = load(text)
    assert again == terms
    assert dump(again) == text
    assert list(again.clauses) == list(terms.clauses)
    assert lint(again) == lint(terms)
