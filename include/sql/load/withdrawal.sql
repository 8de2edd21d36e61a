-- A submission and the one that was in force before it. Grain: at most one row.
SELECT s.source, s.org_id, s.period, s.superseded_at = 'infinity' AS current, e.submission_id AS earlier, e.authority
FROM ledger.submission AS s
LEFT JOIN ledger.submission AS e ON e.superseded_by = coalesce(s.restores, s.submission_id) AND e.source = s.source
    AND e.org_id = s.org_id AND e.superseded_at <= s.accepted_at
WHERE s.submission_id = :submission_id
