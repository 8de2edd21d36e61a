-- The members that distinct metrics count. Input: the temporary table current_fact. Grain: as ledger.part_member.
INSERT INTO ledger.part_member (metric_id, org_id, month, dimset_id, scenario, for_version, member)
SELECT DISTINCT metric_id, org_id, month, dimset_id, scenario, for_version, member FROM current_fact WHERE member IS NOT NULL
