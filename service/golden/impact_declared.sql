-- Which objects have a declared dependency on a deployment or a service that a fleet carries?

WITH
s0 AS MATERIALIZED (SELECT q.id, q.code FROM (SELECT $1::text COLLATE "C" AS id, $2::bigint AS code) q),
s1 AS MATERIALIZED (
    SELECT id, min(code) AS code
    FROM (
        SELECT l."deployment_target_id" AS id, (p.code / 1048576 + 1) * 1048576 + 0 AS code
        FROM (SELECT * FROM s0) p
        JOIN "fleet_deployment_target" l ON l."fleet_id" = p.id
    ) u
    GROUP BY id
),
s2 AS MATERIALIZED (
    SELECT c.id AS id, (p.code / 1048576 + 1) * 1048576 + 1 AS code, c."service_id"
    FROM (SELECT * FROM s1) p
    JOIN "deployment" c ON c."deployment_target_id" = p.id
),
s3 AS (
    SELECT id, min(code) AS code
    FROM (
        SELECT p."service_id" AS id, (p.code / 1048576 + 1) * 1048576 + 2 AS code
        FROM (SELECT * FROM s2) p
    ) u
    GROUP BY id
)
SELECT
    rt.relatable_type,
    rt.object_id,
    d.dependency_case_id,
    n.rising,
    min(n.depth) + 1,
    min(lpad(n.depth::text, 19, '0') || n.resource || ':' || n.id)
FROM (
    SELECT
        'deployment'::text COLLATE "C" AS resource,
        'Deployment'::text COLLATE "C" AS type,
        id,
        code / 1048576 AS depth,
        false AS rising
    FROM s2
    UNION ALL
    SELECT
        'service'::text COLLATE "C" AS resource,
        'Service'::text COLLATE "C" AS type,
        id,
        code / 1048576 AS depth,
        true AS rising
    FROM s3
) n
JOIN "related" r ON r.related_type = n.type AND r.object_id = n.id
JOIN "dependency" d ON d.id = r.dependency_id
JOIN "relatable" rt ON rt.id = d.relatable_id
GROUP BY 1, 2, 3, 4;
