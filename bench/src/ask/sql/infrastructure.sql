SELECT d.id, d.deployment_target_id,
    ARRAY(SELECT f.fleet_id FROM fleet_deployment_target f
          WHERE f.deployment_target_id = d.deployment_target_id ORDER BY f.fleet_id)::text,
    t.partition_id, p.region_id, r.provider_id, v.environment_id
FROM deployment d
JOIN deployment_target t ON t.id = d.deployment_target_id
JOIN partition p ON p.id = t.partition_id
JOIN region r ON r.id = p.region_id
JOIN provider v ON v.id = r.provider_id
WHERE d.service_id = $service
ORDER BY d.id
