#!/bin/sh
# Renew requirements-celery.lock: what requirements-celery.txt needs and requirements.lock doesn't hold yet.
#
# Run it after requirements.lock was renewed. Needs `uv`. Versions agree with requirements.lock by constraint;
# a package of both locks is left out here, so that each version and hash is written down once.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
full=$(mktemp)
trap 'rm -f "$full"' EXIT
uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
    --python-version 3.11 --constraint requirements.lock --output-file "$full" requirements-celery.txt
{
    echo "# Made by deploy/lock_celery.sh from requirements-celery.txt; installed beside requirements.lock."
    awk '/^[a-z0-9]/ { split($0, part, "=="); known = part[1] in locked }
         NR == FNR   { if (/^[a-z0-9]/) locked[part[1]]; next }
         !known' requirements.lock "$full"
} > requirements-celery.lock
