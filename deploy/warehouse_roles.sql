-- Log-ins of the warehouse and the groups that give them their rights.
-- Input: WAREHOUSE_MIGRATOR_PASSWORD, WAREHOUSE_LOADER_PASSWORD, WAREHOUSE_READER_PASSWORD in the environment of psql,
-- which runs this as the server's superuser in the warehouse's database.
-- Rerun: sets the passwords anew and nothing else; that is how they are rotated.
\set ON_ERROR_STOP on
\getenv migrator_password WAREHOUSE_MIGRATOR_PASSWORD
\getenv loader_password WAREHOUSE_LOADER_PASSWORD
\getenv reader_password WAREHOUSE_READER_PASSWORD

BEGIN;

SELECT format('CREATE ROLE %I %s', wanted.name, wanted.kind)
FROM (VALUES ('kpi_loader', 'NOLOGIN'), ('kpi_reader', 'NOLOGIN'),
             ('migrator', 'LOGIN'), ('loader', 'LOGIN'), ('bi_reader', 'LOGIN')) AS wanted (name, kind)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name)
\gexec

ALTER ROLE migrator LOGIN CREATEROLE PASSWORD :'migrator_password';
ALTER ROLE loader LOGIN PASSWORD :'loader_password';
ALTER ROLE bi_reader LOGIN PASSWORD :'reader_password';
ALTER ROLE bi_reader SET default_transaction_read_only = on;

-- The migrations grant schema rights to the groups; the log-ins have none of their own.
GRANT kpi_loader, kpi_reader TO migrator WITH ADMIN OPTION;
GRANT kpi_loader TO loader;
GRANT kpi_reader TO bi_reader;

SELECT format(statement, current_database())
FROM (VALUES ('ALTER DATABASE %I OWNER TO migrator'),
             ('REVOKE ALL ON DATABASE %I FROM PUBLIC'),
             ('GRANT CONNECT, TEMPORARY ON DATABASE %I TO kpi_loader'),
             ('GRANT CONNECT ON DATABASE %I TO kpi_reader')) AS wanted (statement)
\gexec

COMMIT;
