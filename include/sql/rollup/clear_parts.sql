-- Forget the parts of the touched keys; insert_parts.sql and its neighbours make them again from the current facts.
WITH members AS (
    DELETE FROM ledger.part_member AS p USING touched AS t
    WHERE p.metric_id = t.metric_id AND p.org_id = t.org_id AND p.month = t.month
), currencies AS (
    DELETE FROM ledger.part_currency AS p USING touched AS t
    WHERE p.metric_id = t.metric_id AND p.org_id = t.org_id AND p.month = t.month
)
DELETE FROM ledger.part AS p USING touched AS t
WHERE p.metric_id = t.metric_id AND p.org_id = t.org_id AND p.month = t.month
