-- Stage 2: values of the reporting units to every unit above them and every coarser dimension set: aggregation over
-- org units. Inputs: the temporary tables raising, leaf, seen, owed and ledger.period of grain :grain.
-- A proportionate unit counts with the share of it that belongs to the ancestor; an intra-group amount whose other side
-- matches counts nothing in the ancestors of both sides. A value missing for a currency rate makes those above it missing.
-- Grain: one row a basis x metric x unit x period x dimension set x scenario.
CREATE TEMP TABLE work ON COMMIT DROP AS
WITH raised AS (
    SELECT l.*, k.ancestor_id, f.factor,
           l.rival_id IS NOT NULL AND EXISTS (
               SELECT FROM ledger.org_tree AS r WHERE r.tree = l.tree AND r.org_id = l.rival_id
                   AND r.ancestor_id = k.ancestor_id AND l.point >= r.valid_from AND l.point < r.valid_to) AS unmatched
    FROM leaf AS l
    JOIN raising AS k ON k.key = l.key AND l.point >= k.valid_from AND l.point < k.valid_to
    CROSS JOIN LATERAL (
        SELECT CASE WHEN l.partner_id IS NOT NULL AND EXISTS (
                        SELECT FROM ledger.org_tree AS r WHERE r.tree = l.tree AND r.org_id = l.partner_id
                            AND r.ancestor_id = k.ancestor_id AND l.point >= r.valid_from AND l.point < r.valid_to) THEN 0
                    WHEN l.consolidation = 'proportionate' THEN k.share
                    ELSE 1 END AS factor) AS f
    WHERE l.over_org <> 'none' OR k.depth = 0
), united AS (
    -- The chains of a unit that moved within the period, put together below the same ancestor.
    SELECT basis, metric_id, ancestor_id, org_id, start, dimset_id, scenario, min(version) AS version,
           min(year_start) AS year_start, min(over_time) AS over_time, min(over_org) AS over_org,
           CASE WHEN min(over_time) = 'min' THEN min(value * factor)
                WHEN min(over_time) = 'max' THEN max(value * factor)
                WHEN min(over_time) = 'average' AND min(over_org) <> 'sum'
                    THEN coalesce(ledger.quotient(sum(averages), sum(months_reported)), sum(value))
                WHEN min(over_time) = 'average'  -- divided, and so rounded, once: where it moved makes no difference
                    THEN coalesce(ledger.quotient(sum(averages * factor), max(mean_months)), sum(value * factor))
                ELSE sum(value * factor) END AS value,
           sum(flow * factor) AS flow,
           bool_and(hidden) AS hidden,
           bool_or(is_quarter) AS is_quarter,
           sum(ytd_now * factor) AS ytd_now,
           sum(weighted) AS weighted, sum(weight) AS weight,
           max(missing) AS missing,
           bool_or(unmatched) AS unmatched,
           bool_or(is_mixed) AS is_mixed,
           max(reason) AS reason
    FROM raised
    GROUP BY basis, metric_id, ancestor_id, org_id, start, dimset_id, scenario
), combined AS (
    SELECT r.basis, r.metric_id, r.ancestor_id AS org_id, r.start, d.coarser_id AS dimset_id, r.scenario,
           min(r.version) AS metric_version, min(r.year_start) AS year_start, min(r.over_time) AS over_time,
           CASE WHEN count(r.missing) > 0 THEN NULL
                ELSE CASE min(r.over_org)
               WHEN 'average' THEN ledger.quotient(sum(r.value), count(r.value))
               WHEN 'min' THEN min(r.value)
               WHEN 'max' THEN max(r.value)
               WHEN 'weighted_average' THEN ledger.quotient(sum(r.weighted), sum(r.weight))
               ELSE sum(r.value) END END AS value,
           min(r.over_org) AS over_org,
           sum(r.flow) AS flow,
           sum(r.ytd_now) AS ytd_now,
           bool_and(r.hidden) AS hidden,
           bool_or(r.is_quarter) AS is_quarter,
           CASE WHEN count(r.missing) = 0 THEN sum(r.weighted) END AS weighted,
           CASE WHEN count(r.missing) = 0 THEN sum(r.weight) END AS weight,
           max(r.missing) AS missing,
           bool_or(r.unmatched) AS unmatched,
           bool_or(r.is_mixed) AS is_mixed,
           coalesce(max(r.missing), max(r.reason)) AS reason
    FROM united AS r
    JOIN ledger.dimset_rollup AS d ON d.dimset_id = r.dimset_id
    WHERE r.over_org <> 'none' OR d.coarser_id = d.dimset_id
    GROUP BY r.basis, r.metric_id, r.ancestor_id, r.start, d.coarser_id, r.scenario
), counted AS (
    SELECT s.basis, s.metric_id, k.ancestor_id, s.start, s.scenario, bool_and(s.at_end) AS at_end,
           sum(s.valued::integer) AS units,
           sum(CASE WHEN s.at_end THEN s.valued::integer * s.months ELSE s.months_reported END) AS unit_months,
           sum(s.days) AS days
    FROM seen AS s
    JOIN raising AS k ON k.key = s.key AND s.point >= k.valid_from AND s.point < k.valid_to
    GROUP BY s.basis, s.metric_id, k.ancestor_id, s.start, s.scenario
), reported AS (
    SELECT basis, metric_id, ancestor_id, start, scenario, at_end,
           CASE WHEN at_end THEN units ELSE unit_months END AS reported, days
    FROM counted
), figured AS (
    SELECT c.basis, c.metric_id, c.org_id, c.start, c.dimset_id, c.scenario, c.metric_version,
           trim_scale(c.value) AS value,
           trim_scale(CASE
               WHEN count(c.missing) OVER year_so_far > 0 THEN NULL
               WHEN turn.in_year THEN NULL
               WHEN c.over_time = 'sum' AND c.over_org NOT IN ('sum', 'none') THEN NULL
               WHEN c.over_time = 'sum' AND c.ytd_now IS NOT NULL
                   THEN c.ytd_now + coalesce(sum(c.flow) OVER year_so_far, 0)
               WHEN c.over_time = 'sum' THEN sum(c.flow) OVER year_so_far
               WHEN c.over_time = 'last' THEN c.value
               WHEN c.over_time = 'average' AND :grain = 'M'
                   THEN ledger.quotient(sum(c.value) OVER year_so_far, count(c.value) OVER year_so_far)
               WHEN c.over_time = 'min' THEN min(c.value) OVER year_so_far
               WHEN c.over_time = 'max' THEN max(c.value) OVER year_so_far
               WHEN c.over_time = 'weighted_average'
                   THEN ledger.quotient(sum(c.weighted) OVER year_so_far, sum(c.weight) OVER year_so_far)
           END) AS ytd,
           NULL::numeric AS rolling,
           c.weighted, c.weight,
           CASE WHEN c.scenario = 'A' THEN least(1, coalesce(ledger.quotient(owing.reported, nullif(expected, 0)), 1)) END
               AS completeness,
           CASE WHEN c.value IS NULL AND c.over_time <> 'distinct' THEN c.reason
                ELSE nullif(concat_ws('; ',
                    CASE WHEN c.scenario = 'A' AND owing.reported < expected
                         THEN format('partial: %s of %s %s reported', owing.reported, expected,
                                     CASE WHEN r.at_end OR :grain = 'M' THEN 'units' ELSE 'unit-months' END) END,
                    CASE WHEN c.unmatched THEN 'intra-group amounts that don''t match are not eliminated' END,
                    CASE WHEN c.is_mixed THEN 'the definition changed within the period' END,
                    'no ytd: ' || CASE WHEN turn.in_year THEN 'the version is in force in a part of the year'
                                       WHEN c.over_time = 'sum' AND c.over_org NOT IN ('sum', 'none') THEN 'units aren''t added up'
                                       WHEN c.over_time <> 'last' THEN max(c.missing) OVER year_so_far END), '') END AS reason,
           coalesce(r.days, 0)::integer AS reported,
           c.is_quarter, c.hidden
    FROM combined AS c
    LEFT JOIN reported AS r ON r.basis = c.basis AND r.metric_id = c.metric_id AND r.ancestor_id = c.org_id
        AND r.start = c.start AND r.scenario = c.scenario
    LEFT JOIN owed AS x ON x.basis = c.basis AND x.metric_id = c.metric_id AND x.org_id = c.org_id AND x.start = c.start
    CROSS JOIN LATERAL (SELECT CASE WHEN r.at_end THEN x.at_end ELSE x.in_months END AS expected,
                               coalesce(r.reported, 0) AS reported) AS owing
    CROSS JOIN LATERAL (
        -- The periods in which a version is in force stand on other bases: a year so far would leave them out.
        SELECT c.basis NOT IN ('W', 'I', 'L', 'N') AND EXISTS (
                   SELECT FROM ledger.metric_version AS v
                   JOIN ledger.period AS m ON m.grain = 'M' AND m.year_start = c.year_start
                       AND m.start >= v.valid_from AND m.start < v.valid_to
                   WHERE v.metric_id = c.metric_id AND v.version = c.metric_version) AS in_year) AS turn
    WINDOW year_so_far AS (PARTITION BY c.basis, c.metric_id, c.org_id, c.dimset_id, c.scenario, c.year_start ORDER BY c.start)
)
SELECT basis, metric_id, org_id, start, dimset_id, scenario, metric_version, value, ytd, rolling, weighted, weight, completeness,
       reason, reported, is_quarter, true AS computed
FROM figured WHERE NOT hidden
