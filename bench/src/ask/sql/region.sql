-- What depends on a region, by the options of the model. Nearly all of it is below the region, and so within a range of
-- IDs. Its distance follows from its type, except for deployments: those linked to zones are a step nearer. Declared
-- dependencies then lead anywhere. Only services, deployments and targets have them, and few enough to walk once from
-- every object that has one, and to find the shortest path over these walks.
WITH RECURSIVE zoned AS MATERIALIZED (
    SELECT DISTINCT deployment_id AS id FROM deployment_zone WHERE zone_id >= $from AND zone_id < $to
), d AS MATERIALIZED (
    SELECT d.id, d.service_id, CASE WHEN z.id IS NULL THEN 3 ELSE 2 END AS depth
    FROM deployment d LEFT JOIN zoned z ON z.id = d.id WHERE d.id >= $from AND d.id < $to
), s AS MATERIALIZED (
    SELECT service_id AS id, min(depth) + 1 AS depth FROM d GROUP BY service_id
),

-- The declared dependencies.
declared AS MATERIALIZED (
    SELECT e.related_type AS on_type, e.object_id AS on_id, o.relatable_type AS type, o.object_id AS id,
        d.dependency_case_id AS dependency_case
    FROM related e JOIN dependency d ON d.id = e.dependency_id JOIN relatable o ON o.id = d.relatable_id
), root AS MATERIALIZED (
    SELECT DISTINCT type, id FROM declared
),
-- Walks from all of these: what lives on a target, its fleets and the other targets they serve, and deployments.
root_fleet AS MATERIALIZED (
    SELECT r.id AS root, f.id FROM root r JOIN fleet f ON f.deployment_target_id = r.id WHERE r.type = 'DeploymentTarget'
), root_target AS MATERIALIZED (
    SELECT DISTINCT f.root, l.deployment_target_id AS id FROM root_fleet f
    JOIN fleet_deployment_target l ON l.fleet_id = f.id WHERE l.deployment_target_id <> f.root
), root_deployment AS MATERIALIZED (
    SELECT r.type, r.id AS root, d.id, d.service_id, 1 AS depth, true AS home
        FROM root r JOIN deployment d ON d.service_id = r.id WHERE r.type = 'Service'
    UNION ALL SELECT r.type, r.id, d.id, d.service_id, 0, true
        FROM root r JOIN deployment d ON d.id = r.id WHERE r.type = 'Deployment'
    UNION ALL SELECT r.type, r.id, d.id, d.service_id, 1, true
        FROM root r JOIN deployment d ON d.deployment_target_id = r.id WHERE r.type = 'DeploymentTarget'
    UNION ALL SELECT 'DeploymentTarget', t.root, d.id, d.service_id, 3, false
        FROM root_target t JOIN deployment d ON d.deployment_target_id = t.id
),
-- From one to the next. An object that is affected only through one of its parts, like a service through one of its
-- deployments, affects others in the same way: only what they are part of follows them.
hop AS MATERIALIZED (
    SELECT w.type AS from_type, w.root AS from_id, w.whole AS from_whole, c.type, c.id, w.on_whole AS whole,
        c.dependency_case, min(w.depth) + 1 AS steps
    FROM (
        SELECT type, id AS root, true AS whole, type AS on_type, id AS on_id, true AS on_whole, 0 AS depth FROM root
        UNION ALL SELECT type, root, true, 'Deployment', id, true, depth FROM root_deployment
        UNION ALL SELECT type, root, true, 'Service', service_id, false, depth + 1 FROM root_deployment
        UNION ALL SELECT 'DeploymentTarget', root, true, 'DeploymentTarget', id, true, 2 FROM root_target
        UNION ALL SELECT type, id, false, type, id, false, 0 FROM root
        UNION ALL SELECT 'Deployment', id, false, 'Service', service_id, false, 1 FROM root_deployment
            WHERE type = 'Deployment'
    ) w JOIN declared c ON c.on_type = w.on_type AND c.on_id = w.on_id
    GROUP BY 1, 2, 3, 4, 5, 6, 7
), first AS MATERIALIZED (
    SELECT c.type, c.id, n.whole, c.dependency_case, min(n.depth) + 1 AS depth
    FROM (
        SELECT 'Service' AS type, id, false AS whole, depth FROM s
        UNION ALL SELECT 'Deployment', id, true, depth FROM d
        UNION ALL SELECT 'DeploymentTarget', id, true, 2 FROM deployment_target WHERE id >= $from AND id < $to
    ) n JOIN declared c ON c.on_type = n.type AND c.on_id = n.id
    GROUP BY 1, 2, 3, 4
), way AS (
    SELECT type, id, whole, depth FROM first
    -- Cycles end at a distance that no real path has.
    UNION SELECT h.type, h.id, h.whole, w.depth + h.steps FROM way w
        JOIN hop h ON h.from_type = w.type AND h.from_id = w.id AND h.from_whole = w.whole WHERE w.depth < 40
), nearest AS MATERIALIZED (
    SELECT type, id, whole, min(depth) AS depth FROM way GROUP BY type, id, whole
), told AS MATERIALIZED (
    SELECT n.type, n.id, n.whole, n.depth, min(c.dependency_case) AS dependency_case
    FROM nearest n JOIN (
        SELECT type, id, whole, depth, dependency_case FROM first
        UNION ALL SELECT h.type, h.id, h.whole, n.depth + h.steps, h.dependency_case FROM nearest n
            JOIN hop h ON h.from_type = n.type AND h.from_id = n.id AND h.from_whole = n.whole
    ) c ON c.type = n.type AND c.id = n.id AND c.whole = n.whole AND c.depth = n.depth
    GROUP BY n.type, n.id, n.whole, n.depth
), told_once AS MATERIALIZED (
    SELECT DISTINCT ON (type, id) type, id, depth, dependency_case FROM told ORDER BY type, id, depth, dependency_case
),
-- What follows those.
more_service AS MATERIALIZED (
    SELECT id, depth FROM told WHERE type = 'Service' AND whole
), more_deployment AS MATERIALIZED (
    SELECT r.id, r.service_id, min(t.depth + r.depth) AS depth, min(t.depth + r.depth) FILTER (WHERE r.home) AS at_home
    FROM told t JOIN root_deployment r ON r.type = t.type AND r.root = t.id WHERE t.whole GROUP BY r.id, r.service_id
), more_fleet AS MATERIALIZED (
    SELECT f.id, min(t.depth) + 1 AS depth FROM told t JOIN root_fleet f ON f.root = t.id
    WHERE t.type = 'DeploymentTarget' AND t.whole GROUP BY f.id
), partly_deployed AS MATERIALIZED (
    SELECT d.id, d.service_id, t.depth FROM told t JOIN deployment d ON d.id = t.id
    WHERE t.type = 'Deployment' AND NOT t.whole
), more_build AS MATERIALIZED (
    SELECT b.id, m.depth + 1 AS depth FROM more_service m JOIN build b ON b.service_id = m.id
), more_release AS MATERIALIZED (
    SELECT id, min(depth) AS depth FROM (
        SELECT r.id, m.at_home + 1 AS depth FROM more_deployment m JOIN release r ON r.deployment_id = m.id
            WHERE m.at_home IS NOT NULL
        UNION ALL SELECT r.id, b.depth + 1 FROM more_build b JOIN release r ON r.build_id = b.id
    ) r GROUP BY id
),

-- All deployments with what each carries.
deployed AS MATERIALIZED (
    SELECT id, service_id, min(depth) AS depth
    FROM (SELECT id, service_id, depth FROM d UNION ALL SELECT id, service_id, depth FROM more_deployment) a
    GROUP BY id, service_id
), serving AS MATERIALIZED (
    -- Those reached by declared dependencies carry their stacks as well.
    SELECT v.id, v.stack_id, min(a.depth) AS depth FROM (
        SELECT service_id AS id, min(depth) + 1 AS depth FROM deployed GROUP BY service_id
        UNION ALL SELECT id, depth FROM told WHERE type = 'Service'
        UNION ALL SELECT service_id, depth + 1 FROM partly_deployed
    ) a JOIN service v ON v.id = a.id GROUP BY v.id, v.stack_id
), stacked AS MATERIALIZED (
    SELECT k.id, k.application_id, min(v.depth) + 1 AS depth
    FROM serving v JOIN stack k ON k.id = v.stack_id GROUP BY k.id, k.application_id
), process AS MATERIALIZED (
    SELECT p.id, d.depth + 1 AS depth FROM deployed d JOIN deployment_proc p ON p.deployment_id = d.id
        WHERE p.id >= $from AND p.id < $to
    UNION ALL SELECT p.id, d.depth + 1 FROM deployed d JOIN deployment_proc p ON p.deployment_id = d.id
        WHERE NOT (d.id >= $from AND d.id < $to)
), answer AS (
    SELECT 'partition' AS resource, id, 1 AS depth, 'partitions' AS via FROM partition WHERE region_id = $region
    UNION ALL SELECT 'zone', id, 1, 'zones' FROM zone WHERE region_id = $region
    UNION ALL SELECT 'network', id, 2, 'networks' FROM network WHERE id >= $from AND id < $to
    UNION ALL SELECT 'subnet', id, 3, 'subnets' FROM subnet WHERE id >= $from AND id < $to
    UNION ALL SELECT 'deployment', id, min(depth), 'deployments' FROM (
        SELECT id, depth FROM deployed UNION ALL SELECT id, depth FROM partly_deployed) d GROUP BY id
    UNION ALL SELECT 'deployment_config', c.id, d.depth + 1, 'configs'
        FROM deployed d JOIN deployment_config c ON c.deployment_id = d.id WHERE c.id >= $from AND c.id < $to
    UNION ALL SELECT 'deployment_config', c.id, d.depth + 1, 'configs'
        FROM deployed d JOIN deployment_config c ON c.deployment_id = d.id
        WHERE NOT (d.id >= $from AND d.id < $to)
    UNION ALL SELECT 'deployment_proc', id, depth, 'deployment_procs' FROM process
    UNION ALL SELECT 'allocation', a.id, p.depth + 1, 'allocations'
        FROM process p JOIN allocation a ON a.deployment_proc_id = p.id WHERE a.id >= $from AND a.id < $to
    UNION ALL SELECT 'allocation', a.id, p.depth + 1, 'allocations'
        FROM process p JOIN allocation a ON a.deployment_proc_id = p.id
        WHERE NOT (p.id >= $from AND p.id < $to)
    UNION ALL SELECT 'service', id, depth, 'service' FROM serving
    UNION ALL SELECT 'stack', id, depth, 'stack' FROM stacked
    UNION ALL SELECT 'application', application_id, min(depth) + 1, 'application' FROM stacked GROUP BY application_id
    UNION ALL SELECT 'proc', p.id, m.depth + 1, 'procs' FROM more_service m JOIN proc p ON p.service_id = m.id
    UNION ALL SELECT 'service_config', c.id, m.depth + 1, 'configs'
        FROM more_service m JOIN service_config c ON c.service_id = m.id
    UNION ALL SELECT 'build', id, depth, 'builds' FROM more_build
    UNION ALL SELECT 'build_artifact', a.id, b.depth + 1, 'build_artifacts'
        FROM more_build b JOIN build_artifact a ON a.build_id = b.id
    UNION ALL SELECT 'release', id, min(depth), 'releases' FROM (
        SELECT id, 4 AS depth FROM release WHERE id >= $from AND id < $to
        UNION ALL SELECT id, depth FROM more_release) r GROUP BY id
    UNION ALL SELECT 'release_artifact', id, min(depth), 'release_artifacts' FROM (
        SELECT id, 5 AS depth FROM release_artifact WHERE id >= $from AND id < $to
        UNION ALL SELECT a.id, r.depth + 1 FROM more_release r JOIN release_artifact a ON a.release_id = r.id
        ) a GROUP BY id
    UNION ALL SELECT 'deployment_target', id, min(depth), 'deployment_targets' FROM (
        SELECT id, 2 AS depth FROM deployment_target WHERE id >= $from AND id < $to
        UNION ALL SELECT r.id, t.depth + 2 FROM told t JOIN root_target r ON r.root = t.id
            WHERE t.type = 'DeploymentTarget' AND t.whole
        UNION ALL SELECT id, depth FROM told WHERE type = 'DeploymentTarget') t GROUP BY id
    UNION ALL SELECT 'fleet', id, min(depth), 'home_fleets' FROM (
        SELECT id, 3 AS depth FROM fleet WHERE id >= $from AND id < $to
        UNION ALL SELECT id, depth FROM more_fleet) f GROUP BY id
    UNION ALL SELECT 'capacity', id, min(depth), 'capacities' FROM (
        SELECT id, 4 AS depth FROM capacity WHERE id >= $from AND id < $to
        UNION ALL SELECT c.id, f.depth + 1 FROM more_fleet f JOIN capacity c ON c.fleet_id = f.id) c GROUP BY id
), by_case AS MATERIALIZED (
    -- A declared dependency is returned if it is the shortest path, and not if it is only as short.
    SELECT 'service' AS resource, t.id, t.dependency_case FROM told_once t LEFT JOIN (
            SELECT service_id AS id, depth FROM deployed UNION ALL SELECT service_id, depth FROM partly_deployed
        ) d ON d.id = t.id
        WHERE t.type = 'Service' GROUP BY t.id, t.depth, t.dependency_case
        HAVING coalesce(min(d.depth) + 1 > t.depth, true)
    UNION ALL SELECT 'deployment', t.id, t.dependency_case FROM told_once t LEFT JOIN (
            SELECT id, depth FROM d
            UNION ALL SELECT r.id, o.depth + r.depth FROM told o
                JOIN root_deployment r ON r.type = o.type AND r.root = o.id WHERE o.whole AND r.id <> o.id
        ) d ON d.id = t.id
        WHERE t.type = 'Deployment' GROUP BY t.id, t.depth, t.dependency_case
        HAVING coalesce(min(d.depth) > t.depth, true)
    UNION ALL SELECT 'deployment_target', t.id, t.dependency_case FROM told_once t LEFT JOIN (
            SELECT id, 2 AS depth FROM deployment_target WHERE id >= $from AND id < $to
            UNION ALL SELECT r.id, o.depth + 2 FROM told o JOIN root_target r ON r.root = o.id
                WHERE o.type = 'DeploymentTarget' AND o.whole
        ) d ON d.id = t.id
        WHERE t.type = 'DeploymentTarget' GROUP BY t.id, t.depth, t.dependency_case
        HAVING coalesce(min(d.depth) > t.depth, true)
)
SELECT resource, id, depth, CASE WHEN (resource, id) IN (SELECT resource, id FROM by_case)
    THEN (SELECT 'dependency_case' || chr(58) || c.dependency_case FROM by_case c
          WHERE c.resource = a.resource AND c.id = a.id)
    ELSE via END
FROM answer a
ORDER BY depth, resource, id
