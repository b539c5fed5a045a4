-- Which deployments depend on a region, and how far away is each?

WITH
s0 AS MATERIALIZED (SELECT q.id, q.code FROM (SELECT $1::text COLLATE "C" AS id, $2::bigint AS code) q),
s6 AS MATERIALIZED (
    SELECT id, min(code) AS code
    FROM (
        SELECT l."fleet_id" AS id, (p.code / 1048576 + 1) * 1048576 + 6 AS code
        FROM (SELECT * FROM (SELECT id, 3145739::bigint AS code FROM "subnet" WHERE id >= $3 AND id < $4) b) p
        JOIN "fleet_subnet" l ON l."subnet_id" = p.id
    ) u
    GROUP BY id
),
s7 AS MATERIALIZED (
    SELECT id, min(code) AS code
    FROM (
        SELECT l."deployment_target_id" AS id, (p.code / 1048576 + 1) * 1048576 + 1 AS code
        FROM (SELECT * FROM s6) p
        JOIN "fleet_deployment_target" l ON l."fleet_id" = p.id
        UNION ALL
        SELECT l."deployment_target_id" AS id, (p.code / 1048576 + 1) * 1048576 + 1 AS code
        FROM (SELECT * FROM (SELECT id, 3145735::bigint AS code FROM "fleet" WHERE id >= $5 AND id < $6) b) p
        JOIN "fleet_deployment_target" l ON l."fleet_id" = p.id
    ) u
    GROUP BY id
),
s10 AS (
    SELECT id, min(code) AS code
    FROM (
        SELECT c.id AS id, (p.code / 1048576 + 1) * 1048576 + 0 AS code
        FROM (SELECT * FROM (SELECT id, 4194314::bigint AS code FROM "release" WHERE id >= $7 AND id < $8) b) p
        JOIN "deployment" c ON c."current_release_id" = p.id
        UNION ALL
        SELECT c.id AS id, (p.code / 1048576 + 1) * 1048576 + 3 AS code
        FROM (SELECT * FROM s7) p
        JOIN "deployment" c ON c."deployment_target_id" = p.id
        UNION ALL
        SELECT l."deployment_id" AS id, (p.code / 1048576 + 1) * 1048576 + 5 AS code
        FROM (SELECT * FROM (SELECT id, 1048588::bigint AS code FROM "zone" WHERE id >= $9 AND id < $10) b) p
        JOIN "deployment_zone" l ON l."zone_id" = p.id
    ) u
    GROUP BY id
)
SELECT resource, id, code
FROM (
    SELECT 'deployment'::text COLLATE "C" AS resource, id, min(code) AS code
    FROM (
        SELECT id, code
        FROM (SELECT id, 3145731::bigint AS code FROM "deployment" WHERE id >= $11 AND id < $12) b
        UNION ALL
        SELECT id, code
        FROM s10
    ) u
    GROUP BY id
) r
WHERE code >= 1048576
ORDER BY code / 1048576, resource, id;
