"""One Airflow pool per connection: how many runs may ask one system at once, whatever else waits."""

from collections.abc import Iterable

SLOTS = 2
"""Slots of a new pool: a slow system holds up no more than so many workers."""
_PREFIX = "system__"


def pool_of(connection: str) -> str:
    """Return the name of the pool in which sources take turns at a connection."""
    return f"{_PREFIX}{connection}"


def ensure_pools(names: Iterable[str]) -> list[str]:
    """Make those of the systems' pools that Airflow doesn't have yet; return them.

    A pool that is there keeps its slots, which administrators set in Airflow's UI or by `airflow pools set`. For the
    scheduler: a task whose pool is missing would wait for ever. Needs Airflow's database.
    """
    wanted = sorted({name for name in names if name.startswith(_PREFIX)})
    if not wanted:
        return []
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session(scoped=False) as session:
        known = set(session.scalars(select(Pool.pool).where(Pool.pool.in_(wanted))))
        new = [name for name in wanted if name not in known]
        for name in new:
            told = f"Runs that read from the connection {name.removeprefix(_PREFIX)} at once"
            session.add(Pool(pool=name, slots=SLOTS, description=told, include_deferred=False))
    return new
