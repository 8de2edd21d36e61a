-- The configuration in force: its fingerprint and calendar, and whether the tree that stands today is still the one
-- published, no line of it having begun or ended since. No row in a new warehouse.
SELECT c.fingerprint, c.calendar,
       c.tree_of IS NOT NULL AND NOT EXISTS (
           SELECT FROM ledger.org_line AS l
           WHERE l.valid_from > c.tree_of AND l.valid_from <= :today OR l.valid_to > c.tree_of AND l.valid_to <= :today
       ) AS tree_stands
FROM ledger.configuration AS c ORDER BY c.published_at DESC LIMIT 1
