-- How do the IDs of deployments on one target go on that begin with `shop:web:`?

WITH
RECURSIVE few AS MATERIALIZED (
    SELECT t0."id"
    FROM "deployment" t0
    WHERE t0."id" >= $1 AND t0."id" < $2 AND (("t0"."id" >= $3::text AND "t0"."id" < $4::text))
    ORDER BY t0."id"
    LIMIT $5
),
ends AS MATERIALIZED (
    SELECT
        (SELECT min(id) FROM few) AS first,
        (
            SELECT t0."id"
            FROM "deployment" t0
            WHERE t0."id" >= $6
                AND t0."id" < $7 AND (("t0"."id" >= $8::text AND "t0"."id" < $9::text))
            ORDER BY t0."id" DESC
            LIMIT 1
        ) AS last
    WHERE (SELECT count(*) FROM few) > $10
),
base AS MATERIALIZED (
    SELECT
        first,
        (
            SELECT coalesce(max(i), $11)::int
            FROM generate_series(1, length(first)) i
            WHERE substr(first, i, 1) = ':'
                AND left(first, i) = left(last, i) AND i > $12
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
                AND t0."id" < $13
                AND (("t0"."id" >= $14::text AND "t0"."id" < $15::text))
            ORDER BY t0."id"
            LIMIT 1
        ) next
    WHERE base.place <= $16
)
SELECT id, true AS whole
FROM few
WHERE NOT EXISTS (SELECT FROM ends)
UNION ALL
SELECT way, whole
FROM ways
ORDER BY 1;
