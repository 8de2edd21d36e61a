"""The local stack: embedded PostgreSQL and Airflow's processes, started, watched and ended by `./kpi`."""
