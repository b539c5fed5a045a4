-- What depends on a fleet, and how far away is each object?

WITH
s0 AS MATERIALIZED (SELECT q.id, q.code FROM (SELECT $1::text COLLATE "C" AS id, $2::bigint AS code) q),
s1 AS MATERIALIZED (
    SELECT id, min(code) AS code
    FROM (
        SELECT l."deployment_target_id" AS id, (p.code / 1048576 + 1) * 1048576 + 5 AS code
        FROM (SELECT * FROM s0) p
        JOIN "fleet_deployment_target" l ON l."fleet_id" = p.id
    ) u
    GROUP BY id
),
s2 AS MATERIALIZED (
    SELECT c.id AS id, (p.code / 1048576 + 1) * 1048576 + 6 AS code, c."service_id"
    FROM (SELECT * FROM s1) p
    JOIN "deployment" c ON c."deployment_target_id" = p.id
),
s3 AS MATERIALIZED (
    SELECT c.id AS id, (p.code / 1048576 + 1) * 1048576 + 4 AS code
    FROM (SELECT * FROM s2) p
    JOIN "deployment_proc" c ON c."deployment_id" = p.id
),
s4 AS (
    SELECT c.id AS id, (p.code / 1048576 + 1) * 1048576 + 0 AS code
    FROM (SELECT * FROM s3) p
    JOIN "allocation" c ON c."deployment_proc_id" = p.id
),
s5 AS MATERIALIZED (
    SELECT id, min(code) AS code, "stack_id"
    FROM (
        SELECT c.id AS id, (p.code / 1048576 + 1) * 1048576 + 7 AS code, c."stack_id"
        FROM (SELECT * FROM s2) p
        JOIN "service" c ON c.id = p."service_id"
    ) u
    GROUP BY id, "stack_id"
),
s6 AS MATERIALIZED (
    SELECT id, min(code) AS code, "application_id"
    FROM (
        SELECT c.id AS id, (p.code / 1048576 + 1) * 1048576 + 8 AS code, c."application_id"
        FROM (SELECT * FROM s5) p
        JOIN "stack" c ON c.id = p."stack_id"
    ) u
    GROUP BY id, "application_id"
),
s7 AS (
    SELECT id, min(code) AS code
    FROM (
        SELECT p."application_id" AS id, (p.code / 1048576 + 1) * 1048576 + 1 AS code
        FROM (SELECT * FROM s6) p
    ) u
    GROUP BY id
),
s8 AS (
    SELECT c.id AS id, (p.code / 1048576 + 1) * 1048576 + 3 AS code
    FROM (SELECT * FROM s2) p
    JOIN "deployment_config" c ON c."deployment_id" = p.id
)
SELECT resource, id, code
FROM (
    SELECT 'allocation'::text COLLATE "C" AS resource, id, code
    FROM (SELECT id, code FROM s4) u
    UNION ALL
    SELECT 'application'::text COLLATE "C" AS resource, id, code
    FROM (SELECT id, code FROM s7) u
    UNION ALL
    SELECT 'capacity'::text COLLATE "C" AS resource, id, code
    FROM (
        SELECT id, code
        FROM (SELECT id, 1048578::bigint AS code FROM "capacity" WHERE id >= $3 AND id < $4) b
    ) u
    UNION ALL
    SELECT 'deployment'::text COLLATE "C" AS resource, id, code
    FROM (SELECT id, code FROM s2) u
    UNION ALL
    SELECT 'deployment_config'::text COLLATE "C" AS resource, id, code
    FROM (SELECT id, code FROM s8) u
    UNION ALL
    SELECT 'deployment_proc'::text COLLATE "C" AS resource, id, code
    FROM (SELECT id, code FROM s3) u
    UNION ALL
    SELECT 'deployment_target'::text COLLATE "C" AS resource, id, code
    FROM (SELECT id, code FROM s1) u
    UNION ALL
    SELECT 'fleet'::text COLLATE "C" AS resource, id, code
    FROM (SELECT id, code FROM s0) u
    UNION ALL
    SELECT 'service'::text COLLATE "C" AS resource, id, code
    FROM (SELECT id, code FROM s5) u
    UNION ALL
    SELECT 'stack'::text COLLATE "C" AS resource, id, code
    FROM (SELECT id, code FROM s6) u
) r
WHERE code >= 1048576
ORDER BY code / 1048576, resource, id;
