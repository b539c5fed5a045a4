-- Which deployments and services depend on a fleet, and through which object does each?

WITH
s0 AS MATERIALIZED (
    SELECT q.id, q.code, lpad(q.code::text, 19, '0') COLLATE "C" AS key
    FROM (SELECT $1::text COLLATE "C" AS id, $2::bigint AS code) q
),
s1 AS MATERIALIZED (
    SELECT id, min(code) AS code, min(key) AS key
    FROM (
        SELECT
            l."deployment_target_id" AS id,
            (p.code / 1048576 + 1) * 1048576 + 0 AS code,
            lpad(((p.code / 1048576 + 1) * 1048576 + 0)::text, 19, '0') || p.id AS key
        FROM (SELECT * FROM s0) p
        JOIN "fleet_deployment_target" l ON l."fleet_id" = p.id
    ) u
    GROUP BY id
),
s2 AS MATERIALIZED (
    SELECT
        c.id AS id,
        (p.code / 1048576 + 1) * 1048576 + 1 AS code,
        lpad(((p.code / 1048576 + 1) * 1048576 + 1)::text, 19, '0') || p.id AS key,
        c."service_id"
    FROM (SELECT * FROM s1) p
    JOIN "deployment" c ON c."deployment_target_id" = p.id
),
s3 AS (
    SELECT id, min(code) AS code, min(key) AS key
    FROM (
        SELECT
            p."service_id" AS id,
            (p.code / 1048576 + 1) * 1048576 + 2 AS code,
            lpad(((p.code / 1048576 + 1) * 1048576 + 2)::text, 19, '0') || p.id AS key
        FROM (SELECT * FROM s2) p
    ) u
    GROUP BY id
)
SELECT resource, id, code, key
FROM (
    SELECT 'deployment'::text COLLATE "C" AS resource, id, code, key
    FROM (SELECT id, code, key FROM s2) u
    UNION ALL
    SELECT 'service'::text COLLATE "C" AS resource, id, code, key
    FROM (SELECT id, code, key FROM s3) u
) r
WHERE code >= 1048576
ORDER BY code / 1048576, resource, id;
