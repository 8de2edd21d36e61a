-- Drop all of schema bi, and the functions of schema ledger that its text makes, so that it can be made anew.
-- Rerun: no effect. Locks each view until the migration commits.
DO $$
DECLARE
    thing record;
BEGIN
    FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc AS p WHERE p.pronamespace = 'bi'::regnamespace LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', thing.name);
    END LOOP;
    FOR thing IN SELECT c.oid::regclass AS name FROM pg_class AS c WHERE c.relnamespace = 'bi'::regnamespace AND c.relkind = 'v' LOOP
        EXECUTE format('DROP VIEW IF EXISTS %s CASCADE', thing.name);
    END LOOP;
END $$;
DROP FUNCTION IF EXISTS ledger.cell_name(integer, integer), ledger.scenario_name("char");
