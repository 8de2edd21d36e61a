"""The ERP's order table: 200,000 orders of four stores in 24 months, and how it is filled into PostgreSQL.

Amounts are whole fen, so that every sum is exact. Only raw doubles of the seeded bit stream are used, which
NumPy keeps the same across its versions.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import psycopg

from examples.company.figures import CODES, MONTHS, PRODUCT_LINES, SEASON, STORES, month_end

ORDERS = 200_000
CHANNELS = ["门店", "小程序", "平台", "直播"]
FIRST_DAY = dt.date(*MONTHS[0], 1)
DAYS = (month_end(MONTHS[-1]) - FIRST_DAY).days + 1
MEASURES = ["gross_sales", "discount_amount", "store_sales", "units_sold", "order_count"]

SCHEMA = """
DROP SCHEMA IF EXISTS trade CASCADE;
CREATE SCHEMA trade;
CREATE TABLE trade.orders (
    order_no        varchar(20)    NOT NULL,
    store_code      char(8)        NOT NULL,
    ordered_at      timestamptz    NOT NULL,
    product_line    varchar(16)    NOT NULL,
    channel         varchar(16)    NOT NULL,
    quantity        integer        NOT NULL CHECK (quantity > 0),
    gross_amount    numeric(14, 2) NOT NULL,
    discount_amount numeric(14, 2) NOT NULL DEFAULT 0,
    cancelled_at    timestamptz,
    is_test         boolean        NOT NULL DEFAULT false
);
COMMENT ON TABLE trade.orders IS 'One row an order; cancelled ones keep their amounts, tests are flagged.';
"""
INDEXES = """
ALTER TABLE trade.orders ADD PRIMARY KEY (order_no);
CREATE INDEX orders_ordered_at ON trade.orders (ordered_at);
ANALYZE trade.orders;
"""


@dataclass
class Orders:
    """All orders as arrays of equal length, oldest first.

    `day` counts from FIRST_DAY and `second` from local midnight; `store`, `line` and `channel` index STORES,
    PRODUCT_LINES and CHANNELS; `gross` and `discount` are in fen.
    """

    day: np.ndarray
    second: np.ndarray
    store: np.ndarray
    line: np.ndarray
    channel: np.ndarray
    quantity: np.ndarray
    gross: np.ndarray
    discount: np.ndarray
    cancelled: np.ndarray
    test: np.ndarray


def build_orders() -> Orders:
    """Return the 200,000 orders; the same ones at every call."""
    draw = np.random.Generator(np.random.PCG64(20241001)).random
    day, second, store = _when_and_where(draw)
    line = _choose(draw(ORDERS), [0.42, 0.35, 0.23])
    online = store == STORES.index("store_online")
    channel = np.where(online, _choose(draw(ORDERS), [0, 0, 0.71, 0.29]), _choose(draw(ORDERS), [0.8, 0.2]))
    quantity = 1 + _choose(draw(ORDERS), [0.58, 0.24, 0.11, 0.07])
    price = (np.array([159_900, 129_900, 39_900])[line] * (0.42 + 1.8 * draw(ORDERS) ** 2)).astype(np.int64)
    gross = price * quantity
    discount = gross * np.array([0, 5, 10, 18])[_choose(draw(ORDERS), [0.4, 0.28, 0.22, 0.1])] // 100
    return Orders(day, second, store, line, channel, quantity, gross, discount,
                  draw(ORDERS) < 0.031, draw(ORDERS) < 0.002)  # fmt: skip


def sum_orders(orders: Orders) -> dict[tuple[str, str, tuple[int, int]], Decimal]:
    """Return the sums of the valid orders per (measure of MEASURES, store, month); amounts in CNY."""
    valid = ~(orders.cancelled | orders.test)
    months = np.array([(FIRST_DAY + dt.timedelta(days=i)).year * 12 + (FIRST_DAY + dt.timedelta(days=i)).month
                       for i in range(DAYS)])  # fmt: skip
    slot = (months[orders.day] - months[0]) * len(STORES) + orders.store
    sums: dict[tuple[str, str, tuple[int, int]], Decimal] = defaultdict(Decimal)
    amounts = (
        orders.gross,
        orders.discount,
        orders.gross - orders.discount,
        orders.quantity,
        np.ones_like(orders.day),
    )
    for measure, amount in zip(MEASURES, amounts, strict=True):
        totals = np.zeros(len(MONTHS) * len(STORES), dtype=np.int64)
        np.add.at(totals, slot[valid], amount[valid])
        for place, total in enumerate(totals.tolist()):
            divisor = 1 if measure in ("units_sold", "order_count") else 100
            sums[measure, STORES[place % len(STORES)], MONTHS[place // len(STORES)]] = (
                Decimal(total) / divisor
            )
    return sums


def fill_erp(url: str) -> int:
    """Make the schema `trade` in the PostgreSQL database at `url` afresh and return the number of its orders.

    `url` may name SQLAlchemy's driver. All in one transaction: a reader sees all orders or none.
    """
    orders = build_orders()
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1)) as connection:
        with connection.cursor() as cursor:
            cursor.execute(SCHEMA)
            with cursor.copy("COPY trade.orders FROM STDIN") as copy:
                copy.write(_as_copy_text(orders))
            cursor.execute(INDEXES)
    return len(orders.day)


def _choose(drawn: np.ndarray, shares: list[float]) -> np.ndarray:
    """Turn uniform numbers into indexes that fall in the given shares."""
    return np.minimum(np.searchsorted(np.cumsum(shares), drawn, side="right"), len(shares) - 1)


def _when_and_where(draw: Callable[[int], np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    dates = [FIRST_DAY + dt.timedelta(days=i) for i in range(DAYS)]
    weights = [
        SEASON[d.month] * (1.35 if d.weekday() >= 5 else 1) * (1 + 0.0003 * i) for i, d in enumerate(dates)
    ]
    day = _choose(draw(ORDERS), list(np.array(weights) / sum(weights)))
    store = _choose(draw(ORDERS), [0.29, 0.16, 0.21, 0.34])
    online = store == STORES.index("store_online")
    # Shops are open from 10 to 22; the online shop sells at any hour, near midnight too.
    second = np.where(online, draw(ORDERS) * 86_400, 36_000 + draw(ORDERS) * 43_200).astype(np.int64)
    order = np.lexsort((store, second, day))
    return day[order], second[order], store[order]


def _as_copy_text(orders: Orders) -> str:
    dates = [(FIRST_DAY + dt.timedelta(days=i)).isoformat() for i in range(DAYS)]
    codes = [CODES[store] for store in STORES]
    amounts = zip(orders.gross.tolist(), orders.discount.tolist(), strict=True)
    places = zip(orders.store.tolist(), orders.line.tolist(), orders.channel.tolist(), strict=True)
    moments = zip(orders.day.tolist(), orders.second.tolist(), strict=True)
    flags = zip(orders.cancelled.tolist(), orders.test.tolist(), orders.quantity.tolist(), strict=True)
    lines = []
    for number, ((day, s), (store, line, channel), (gross, off), (gone, test, pieces)) in enumerate(
        zip(moments, places, amounts, flags, strict=True), start=1
    ):
        at = f"{dates[day]} {s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}+08"
        lines.append(
            f"SO{number:09d}\t{codes[store]}\t{at}\t{PRODUCT_LINES[line]}\t{CHANNELS[channel]}\t{pieces}\t"
            f"{gross // 100}.{gross % 100:02d}\t{off // 100}.{off % 100:02d}\t"
            f"{at if gone else chr(92) + 'N'}\t{test}\n"
        )
    return "".join(lines)
