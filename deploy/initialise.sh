#!/usr/bin/env bash
# What the one-shot service `init` does before anything else starts. Safe to run again.
#
# 1. Airflow's metadata: its tables, and the first administrator (an existing one is left as it is).
# 2. The warehouse: the newest schema, by the migrator's log-in in KPI_WAREHOUSE_URL.
# 3. The data folder: inbox/, archive/, rejected/ and the others, where they are missing.
set -euo pipefail

if ! [[ -d ${KPI_HOME} && -w ${KPI_HOME} ]]; then
    echo "The data folder (DATA_DIR in .env) can't be written by user $(id -u). Run: sudo install -d -o 50000 -g 0 -m 2770 data" >&2
    exit 1
fi

airflow db migrate

# By standard input, twice as it asks: an argument could be read in the host's process list.
printf '%s\n%s\n' "${ADMIN_PASSWORD}" "${ADMIN_PASSWORD}" |
    airflow users create --username "${ADMIN_USERNAME}" --email "${ADMIN_EMAIL}" --role Admin \
        --firstname Metric --lastname Ledger

python - <<'PYTHON'
import os

from include.home import current_home
from include.warehouse import migrate

migrate(os.environ["KPI_WAREHOUSE_URL"])
current_home().create()
PYTHON
echo "The metadata, the warehouse and the data folder are ready."
