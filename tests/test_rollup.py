"""Rollups against numbers worked out by hand."""

from tests.company import Company, Fact


def test_sums_climb_the_tree(company: Company) -> None:
    company.count(Fact("sales", "p1", "2026-03", 100), Fact("sales", "p3", "2026-03", 7))
    assert company.kpi("sales", "group", "2026-03") == 107
    assert company.kpi("sales", "group", "2026-Q1") == 107
