"""Faults that could slip into the rollup's SQL; the comparison with the model must find each of them."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """A fault: in the statement `file`, `old` (which stands there exactly once) is replaced by `new`."""

    fault: str
    file: str
    old: str
    new: str

    def mutate(self, read_sql: Callable[[str], str]) -> Callable[[str], str]:
        """Return `read_sql` with the fault in it. Raises ValueError where the statement isn't as expected any more."""
        found = read_sql(self.file).count(self.old)
        if found != 1:
            raise ValueError(
                f"{self.fault}: {self.old!r} stands {found} times in {self.file}.sql; adapt the mutation"
            )
        return lambda name: (
            read_sql(name).replace(self.old, self.new) if name == self.file else read_sql(name)
        )


MUTATIONS = [
    Mutation(
        "the units above aren't recomputed", "rollup/scope",
        "WHERE k.tree = 'W' OR b.tree IS NOT NULL", "WHERE k.tree = 'W' AND k.depth = 0",
    ),
    Mutation("a year-to-date is taken for the month's", "rollup/leaf", "ytd_now - ytd_before", "ytd_now"),
    Mutation(
        "superseded submissions count too", "rollup/current_fact",
        "s.superseded_at = 'infinity' AND s.authority", "s.authority",
    ),
    Mutation(
        "sum for last", "rollup/leaf",
        "WHEN over_time = 'last' THEN last_value", "WHEN over_time = 'last' THEN total",
    ),
    Mutation(
        "a unit's place at the period's start instead of the month's", "rollup/base",
        "l.point >= k.valid_from AND l.point < k.valid_to", "l.start >= k.valid_from AND l.start < k.valid_to",
    ),
    Mutation(
        "the last value is the first one", "rollup/insert_parts",
        "(max(ARRAY[d.date - DATE '2000-01-01', d.value]) FILTER (WHERE whole))[2]",
        "(min(ARRAY[d.date - DATE '2000-01-01', d.value]) FILTER (WHERE whole))[2]",
    ),
    Mutation(
        "values of one date aren't added", "rollup/insert_parts",
        "ELSE sum(value) END AS value", "ELSE max(value) END AS value",
    ),
    Mutation(
        "values of one date are added where they are averaged", "rollup/insert_parts",
        "WHEN 'average' THEN ledger.quotient(sum(value), count(*))", "WHEN 'average' THEN sum(value)",
    ),
    Mutation(
        "the first touched month is left out", "rollup/current_fact",
        "f.month BETWEEN :first AND :last", "f.month > :first AND f.month <= :last",
    ),
    Mutation(
        "a unit that moves counts twice in its month", "rollup/placed",
        "kind.at >= k.valid_from AND kind.at < k.valid_to", "kind.at >= k.valid_from AND kind.at <= k.valid_to",
    ),
    Mutation(
        "a definition begins a month late", "rollup/placed",
        "v.valid_from <= s.start AND s.start < v.valid_to", "v.valid_from < s.start AND s.start <= v.valid_to",
    ),
    Mutation(
        "any month's last value for the period's", "rollup/placed",
        "WHEN v.carry_forward IS NULL THEN pt.month = s.last_month", "WHEN v.carry_forward IS NULL THEN s.inside",
    ),
    Mutation(
        "a mean of the months here instead of all that the unit reported", "rollup/base",
        "ledger.quotient(sum(averages * factor), max(mean_months))",
        "ledger.quotient(sum(averages * factor), sum(months_reported))",
    ),
    Mutation(
        "what doesn't aggregate is aggregated", "rollup/leaf",
        "over_time = 'none' AND :grain = 'M' AND most = 1", "over_time = 'none' AND :grain = 'M'",
    ),
    Mutation(
        "highest values are added", "rollup/base",
        "WHEN min(over_time) = 'max' THEN max(value * factor)", "WHEN min(over_time) = 'max' THEN sum(value * factor)",
    ),
    Mutation(
        "an average over all units, reported or not", "rollup/base",
        "WHEN 'average' THEN ledger.quotient(sum(r.value), count(r.value))",
        "WHEN 'average' THEN ledger.quotient(sum(r.value), count(*))",
    ),
    Mutation(
        "what doesn't add up over dimensions is added", "rollup/base",
        "WHERE r.over_org <> 'none' OR d.coarser_id = d.dimset_id", "WHERE true",
    ),
    Mutation(
        "the year so far never begins anew", "rollup/base",
        "c.dimset_id, c.scenario, c.year_start ORDER BY c.start", "c.dimset_id, c.scenario ORDER BY c.start",
    ),
    Mutation(
        "stocks are added up over the year", "rollup/base",
        "WHEN c.over_time = 'last' THEN c.value", "WHEN c.over_time = 'last' THEN sum(c.value) OVER year_so_far",
    ),
    Mutation(
        "a stock of any month makes the period complete", "rollup/seen",
        "bool_or(is_last) AS has_last", "bool_or(last_date IS NOT NULL) AS has_last",
    ),
    Mutation("owed from the last delivery on", "rollup/owed", "min(CASE WHEN p.quarter_total", "max(CASE WHEN p.quarter_total"),
    Mutation(
        "a part of the period before is taken for one of the period", "rollup/derived",
        "count(DISTINCT w.metric_id) FILTER (WHERE w.start = p.start) AS present", "count(DISTINCT w.metric_id) AS present",
    ),
    Mutation(
        "as complete as the best part", "rollup/derived",
        "min(w.completeness) FILTER", "max(w.completeness) FILTER",
    ),
    Mutation(
        "two formulas on the day of the change", "rollup/derived",
        "p.start >= :valid_from AND p.start < :valid_to", "p.start > :valid_from AND p.start <= :valid_to",
    ),
    Mutation(
        "a quarter's year-to-date is that of its first month", "rollup/quarter_ytd", "month DESC", "month",
    ),
    Mutation("what has vanished stays", "rollup/changed", "FULL JOIN", "LEFT JOIN"),
    Mutation(
        "months that weren't touched are forgotten", "rollup/clear_parts",
        "\nWHERE p.metric_id = t.metric_id AND p.org_id = t.org_id AND p.month = t.month",
        "\nWHERE p.metric_id = t.metric_id AND p.org_id = t.org_id",
    ),
    Mutation(
        "average and closing rates are taken for each other", "rollup/rate",
        "SELECT month, currency, is_closing,", "SELECT month, currency, NOT is_closing AS is_closing,",
    ),
    Mutation(
        "converted to the company's currency instead of the metric's", "rollup/insert_parts",
        "ELSE ledger.quotient(value * factor, divisor)", "ELSE value * factor",
    ),
    Mutation(
        "what has no rate is left out", "rollup/base",
        "CASE WHEN count(r.missing) > 0 THEN NULL", "CASE WHEN false THEN NULL",
    ),
    Mutation(
        "a year to date passes over a month without a rate", "rollup/base",
        "WHEN count(c.missing) OVER year_so_far > 0 THEN NULL", "WHEN false THEN NULL",
    ),
    Mutation(
        "a corrected rate changes nothing that stands", "rollup/touch_converted",
        "c.has_currency AND c.month = t.month", "c.has_currency AND c.month < t.month",
    ),
    Mutation(
        "eliminated wherever the unit itself counts", "rollup/base",
        "r.tree = l.tree AND r.org_id = l.partner_id", "r.tree = l.tree AND r.org_id = l.org_id",
    ),
    Mutation(
        "amounts that don't match are eliminated too", "rollup/placed",
        "CASE WHEN i.matched THEN i.partner_id END AS partner_id", "i.partner_id AS partner_id",
    ),
    Mutation(
        "the partner's correction changes nothing", "rollup/touch_partners",
        "SELECT DISTINCT e.partner_metric_id, p.org_id,", "SELECT DISTINCT t.metric_id, t.org_id,",
    ),
    Mutation(
        "the share that is owned is left out", "rollup/base",
        "WHEN l.consolidation = 'proportionate' THEN k.share", "WHEN l.consolidation = 'proportionate' THEN 1",
    ),
    Mutation(
        "a stock is carried a day less", "rollup/placed",
        "pt.last_date >= s.last_day - v.carry_forward", "pt.last_date > s.last_day - v.carry_forward",
    ),
    Mutation(
        "weighted averages are averaged", "rollup/base",
        "WHEN 'weighted_average' THEN ledger.quotient(sum(r.weighted), sum(r.weight))",
        "WHEN 'weighted_average' THEN ledger.quotient(sum(r.value), count(r.value))",
    ),
    Mutation(
        "reports are counted instead of members", "rollup/distinct",
        "count(DISTINCT m.member) FILTER (WHERE m.month >= w.start) AS value",
        "count(m.member) FILTER (WHERE m.month >= w.start) AS value",
    ),
    Mutation(
        "eleven months are twelve", "rollup/rolling",
        "AND r.present = CAST(:periods AS integer)", "AND r.present >= CAST(:periods AS integer) - 1",
    ),
    Mutation(
        "thirteen months are added up", "rollup/rolling",
        "CAST(:periods AS integer) - 1 PRECEDING AND CURRENT ROW", "CAST(:periods AS integer) PRECEDING AND CURRENT ROW",
    ),
    Mutation(
        "what was reported for one version counts for the other", "rollup/placed",
        "pt.for_version IN (0, f.version) AND", "true AND",
    ),
    Mutation(
        "a version's row where it is in force", "rollup/derived",
        "(p.start >= :valid_from AND p.start < :valid_to) = :in_force", "(p.start >= :valid_from AND p.start < :valid_to OR NOT :in_force)",
    ),
    Mutation(
        "like for like, the earlier year's units", "publish/trees_like_for_like",
        "greatest(t.valid_from, s.next_from),\n       least(t.valid_to, s.next_to)", "t.valid_from, t.valid_to",
    ),
    Mutation(
        "like for like, a year the wrong way", "publish/trees_like_for_like",
        "SELECT min(p.start) FROM ledger.period AS p\n"
        "                                         WHERE p.grain = 'M' AND p.year_ago >= t.valid_from",
        "SELECT min(p.year_ago) FROM ledger.period AS p\n"
        "                                         WHERE p.grain = 'M' AND p.start >= t.valid_from",
    ),
    Mutation(
        "a merged unit stays below its last parent", "publish/tree_as_is",
        "coalesce(l.into_id, l.parent_id)", "l.parent_id",
    ),
    Mutation(
        "the year so far passes over a month that is missing", "rollup/so_far",
        "= count(*) OVER so_far", ">= count(*) OVER so_far",
    ),
    Mutation(
        "a closed unit is forgotten in the year so far", "rollup/placed_closed",
        "s.start > z.month", "s.start > z.month AND false",
    ),
    Mutation("a quarter is owed in its last month only", "rollup/owed", "ELSE m.quarter_start END", "ELSE p.month END"),
    Mutation(
        "a quarter's figure isn't in its year to date", "rollup/leaf",
        "WHEN is_quarter THEN quarter_total ELSE value END AS flow", "WHEN is_quarter THEN NULL ELSE value END AS flow",
    ),
]  # fmt: skip
