-- Whether a source was ever loaded.
SELECT EXISTS (SELECT FROM ledger.batch WHERE source = :source AND status IN ('accepted', 'unchanged'))
