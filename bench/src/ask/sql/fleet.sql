-- What depends on a fleet, by the options of the model: its capacities, the targets that run on it, and what is
-- deployed there. The last branch would show declared dependencies; the fleet was chosen to have none.
WITH target AS MATERIALIZED (
    SELECT deployment_target_id AS id FROM fleet_deployment_target WHERE fleet_id = $fleet
), deployed AS MATERIALIZED (
    SELECT d.id, d.service_id FROM target t JOIN deployment d ON d.deployment_target_id = t.id
), proc AS MATERIALIZED (
    SELECT p.id FROM deployed d JOIN deployment_proc p ON p.deployment_id = d.id
), serving AS MATERIALIZED (
    SELECT s.id, s.stack_id FROM (SELECT DISTINCT service_id FROM deployed) d JOIN service s ON s.id = d.service_id
), stacked AS MATERIALIZED (
    SELECT k.id, k.application_id FROM (SELECT DISTINCT stack_id FROM serving) s JOIN stack k ON k.id = s.stack_id
), reached AS MATERIALIZED (
    SELECT 'capacity' AS resource, id, 1 AS depth, 'capacities' AS via, 'Capacity' AS type
        FROM capacity WHERE fleet_id = $fleet
    UNION ALL SELECT 'deployment_target', id, 1, 'deployment_targets', 'DeploymentTarget' FROM target
    UNION ALL SELECT 'deployment', id, 2, 'deployments', 'Deployment' FROM deployed
    UNION ALL SELECT 'deployment_config', c.id, 3, 'configs', 'DeploymentConfig'
        FROM deployed d JOIN deployment_config c ON c.deployment_id = d.id
    UNION ALL SELECT 'deployment_proc', id, 3, 'deployment_procs', 'DeploymentProc' FROM proc
    UNION ALL SELECT 'service', id, 3, 'service', 'Service' FROM serving
    UNION ALL SELECT 'allocation', a.id, 4, 'allocations', 'Allocation'
        FROM proc p JOIN allocation a ON a.deployment_proc_id = p.id
    UNION ALL SELECT 'stack', id, 4, 'stack', 'Stack' FROM stacked
    UNION ALL SELECT 'application', id, 5, 'application', 'Application'
        FROM (SELECT DISTINCT application_id AS id FROM stacked) a
)
SELECT resource, id, depth, via FROM (
    SELECT resource, id, depth, via FROM reached
    UNION ALL
    SELECT o.relatable_type, o.object_id, n.depth + 1, 'dependency_case' || chr(58) || d.dependency_case_id
    FROM reached n
    JOIN related e ON e.related_type = n.type AND e.object_id = n.id
    JOIN dependency d ON d.id = e.dependency_id
    JOIN relatable o ON o.id = d.relatable_id
) answer
ORDER BY depth, resource, id
