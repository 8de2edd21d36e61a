-- Orders per store, local day, product line and channel; cancelled and test orders left out.
-- In: :window_start (first day), :window_end (first day no longer read), both in the company's time zone.
SELECT trim(o.store_code)                                     AS store,
       (o.ordered_at AT TIME ZONE 'Asia/Shanghai')::date      AS order_date,
       o.product_line                                         AS product_line,
       o.channel                                              AS channel,
       sum(o.gross_amount)                                    AS gross_amount,
       sum(o.discount_amount)                                 AS discount_amount,
       sum(o.gross_amount - o.discount_amount)                AS net_amount,
       sum(o.quantity)                                        AS quantity,
       count(*)                                               AS orders
FROM trade.orders AS o
WHERE o.ordered_at >= CAST(:window_start AS timestamp) AT TIME ZONE 'Asia/Shanghai'
  AND o.ordered_at < CAST(:window_end AS timestamp) AT TIME ZONE 'Asia/Shanghai'
  AND o.cancelled_at IS NULL
  AND NOT o.is_test
GROUP BY 1, 2, 3, 4
ORDER BY 2, 1, 3, 4
