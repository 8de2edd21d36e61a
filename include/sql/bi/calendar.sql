-- The company's calendar for BI tools. Grain: one row a date, from 1990 to 2060.

CREATE VIEW bi.calendar AS
SELECT d.date, m.period, q.period AS quarter, d.year, d.iso_week, d.working, d.holiday
FROM ledger.day AS d
JOIN ledger.period AS m ON m.grain = 'M' AND m.start = d.month
JOIN ledger.period AS q ON q.grain = 'Q' AND q.start = d.quarter_start;
COMMENT ON VIEW bi.calendar IS 'The company''s calendar: one row a date';
COMMENT ON COLUMN bi.calendar.date IS 'Date';
COMMENT ON COLUMN bi.calendar.period IS 'Month (2026-03) or week (2026-W05) that holds it, as on the month board';
COMMENT ON COLUMN bi.calendar.quarter IS 'Fiscal quarter that holds it';
COMMENT ON COLUMN bi.calendar.year IS 'Fiscal year that holds it';
COMMENT ON COLUMN bi.calendar.iso_week IS 'Week of ISO 8601';
COMMENT ON COLUMN bi.calendar.working IS 'Whether it is a working day, with weekends that are worked in exchange for others';
COMMENT ON COLUMN bi.calendar.holiday IS 'Public holiday in the country''s language; null where it is none';
