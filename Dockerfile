# The image of every Airflow service of a team's server. The tag is the lock's apache-airflow; a test compares them.
FROM apache/airflow:3.3.2-python3.11

# `sync` also removes what the base image brought along and the locks don't name: what runs here is, package by
# package, what the tests ran with. Celery has a lock of its own, as the local stack does without it.
COPY --chmod=755 requirements.lock requirements-celery.lock /opt/metric-ledger/
RUN uv pip sync --no-cache --require-hashes \
        /opt/metric-ledger/requirements.lock /opt/metric-ledger/requirements-celery.lock

# Owned by root: a task can't change the code that the next one runs.
COPY --chmod=755 config /opt/metric-ledger/config
COPY --chmod=755 deploy/initialise.sh /opt/metric-ledger/deploy/initialise.sh
COPY --chmod=755 plugins /opt/metric-ledger/plugins
COPY --chmod=755 dags /opt/metric-ledger/dags
COPY --chmod=755 include /opt/metric-ledger/include

ENV PYTHONPATH=/opt/metric-ledger \
    PYTHONDONTWRITEBYTECODE=1 \
    KPI_CONFIG=/opt/metric-ledger/config \
    KPI_HOME=/var/lib/metric-ledger

USER root
RUN install -d -o airflow -g 0 -m 2770 /var/lib/metric-ledger
USER airflow

WORKDIR /opt/metric-ledger
RUN python -c "import include.warehouse"
