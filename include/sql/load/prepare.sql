-- The slices of this load and what they cover, for the set-based statements that follow.
CREATE TEMP TABLE new_slice (
    submission_id bigint PRIMARY KEY, org_id integer, period text, grain "char",
    period_start date, period_stop date, cells_hash text, facts integer, records integer
) ON COMMIT DROP;
CREATE TEMP TABLE new_coverage (submission_id bigint, metric_id integer, scenario "char", month date, has_currency boolean) ON COMMIT DROP;
