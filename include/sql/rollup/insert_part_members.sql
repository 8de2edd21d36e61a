-- The members that distinct metrics count. Input: the current facts, as current_fact.sql gives them. Grain: as ledger.part_member.
INSERT INTO ledger.part_member (metric_id, org_id, month, dimset_id, scenario, for_version, member)
WITH current_fact AS (
    {current_fact}
)
SELECT DISTINCT metric_id, org_id, month, dimset_id, scenario, for_version, member FROM current_fact WHERE member IS NOT NULL
