-- How do the IDs of deployments that begin with `shop:web:` go on?

WITH
RECURSIVE few AS MATERIALIZED (SELECT t0."id" FROM "deployment" t0 WHERE t0."id" >= $1 AND t0."id" < $2 ORDER BY t0."id" LIMIT $3),
ends AS MATERIALIZED (
    SELECT
        (SELECT min(id) FROM few) AS first,
        (
            SELECT t0."id"
            FROM "deployment" t0
            WHERE t0."id" >= $4
                AND t0."id" < $5
            ORDER BY t0."id" DESC
            LIMIT 1
        ) AS last
    WHERE (SELECT count(*) FROM few) > $6
),
base AS MATERIALIZED (
    SELECT
        first,
        (
            SELECT coalesce(max(i), $7)::int
            FROM generate_series(1, length(first)) i
            WHERE substr(first, i, 1) = ':'
                AND left(first, i) = left(last, i) AND i > $8
        ) AS length
    FROM ends
),
ways AS (
    SELECT
        left(
            base.first,
            coalesce(
                nullif(base.length + strpos(substr(base.first, base.length + 1), ':'), base.length),
                length(base.first)
            )
        ) AS way,
        strpos(substr(base.first, base.length + 1), ':') = 0 AS whole,
        base.length,
        1 AS place
    FROM base
    UNION ALL
    SELECT
        left(
            next.id,
            coalesce(nullif(base.length + strpos(substr(next.id, base.length + 1), ':'), base.length), length(next.id))
        ),
        strpos(substr(next.id, base.length + 1), ':') = 0,
        base.length,
        base.place + 1
    FROM ways base
    CROSS JOIN
        LATERAL (
            SELECT t0."id"
            FROM "deployment" t0
            WHERE
                t0."id" >= CASE WHEN base.whole THEN base.way || chr(1) ELSE left(base.way, -1) || ';' END COLLATE "C"
                AND t0."id" < $9
            ORDER BY t0."id"
            LIMIT 1
        ) next
    WHERE base.place <= $10
)
SELECT id, true AS whole
FROM few
WHERE NOT EXISTS (SELECT FROM ends)
UNION ALL
SELECT way, whole
FROM ways
ORDER BY 1;
