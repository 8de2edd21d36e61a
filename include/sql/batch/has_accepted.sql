-- Whether a source was ever loaded as a whole: asked for all dates from :beginning on. A single month that somebody asked
-- for is no such run.
SELECT EXISTS (SELECT FROM ledger.batch
               WHERE source = :source AND status IN ('accepted', 'unchanged') AND window_start <= :beginning)
