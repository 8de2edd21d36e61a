-- Forget the parts of the touched keys; insert_parts.sql makes them again from the current facts.
DELETE FROM ledger.part AS p USING touched AS t
WHERE p.metric_id = t.metric_id AND p.org_id = t.org_id AND p.month = t.month
