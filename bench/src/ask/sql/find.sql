-- A text without a colon is in one component of an ID: in one of the object's own, which have trigram indexes, or in
-- the ID of an object it refers to. Numbers and watermarks cannot hold this text. OFFSET keeps the planner, which
-- expects more matches than there are, from reading whole tables.
WITH h_application AS MATERIALIZED (
    SELECT id FROM application WHERE id ILIKE $pattern
), h_stack AS MATERIALIZED (
    SELECT id FROM stack WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_application p, LATERAL (SELECT id FROM stack WHERE application_id = p.id OFFSET 0) c
), h_service AS MATERIALIZED (
    SELECT id FROM service WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_stack p, LATERAL (SELECT id FROM service WHERE stack_id = p.id OFFSET 0) c
), h_proc AS MATERIALIZED (
    SELECT id FROM proc WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_service p, LATERAL (SELECT id FROM proc WHERE service_id = p.id OFFSET 0) c
), h_repo_type AS MATERIALIZED (
    SELECT id FROM repo_type WHERE id ILIKE $pattern
), h_repo AS MATERIALIZED (
    SELECT id FROM repo WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_repo_type p, LATERAL (SELECT id FROM repo WHERE repo_type_id = p.id OFFSET 0) c
), h_build AS MATERIALIZED (
    SELECT c.id FROM h_service p, LATERAL (SELECT id FROM build WHERE service_id = p.id OFFSET 0) c
), h_build_artifact AS MATERIALIZED (
    SELECT id FROM build_artifact WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_build p, LATERAL (SELECT id FROM build_artifact WHERE build_id = p.id OFFSET 0) c
), h_environment AS MATERIALIZED (
    SELECT id FROM environment WHERE id ILIKE $pattern
), h_provider_type AS MATERIALIZED (
    SELECT id FROM provider_type WHERE id ILIKE $pattern
), h_provider AS MATERIALIZED (
    SELECT id FROM provider WHERE native_id ILIKE $pattern
    UNION SELECT c.id FROM h_environment p, LATERAL (SELECT id FROM provider WHERE environment_id = p.id OFFSET 0) c
    UNION SELECT c.id FROM h_provider_type p, LATERAL (SELECT id FROM provider WHERE provider_type_id = p.id OFFSET 0) c
), h_region AS MATERIALIZED (
    SELECT id FROM region WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_provider p, LATERAL (SELECT id FROM region WHERE provider_id = p.id OFFSET 0) c
), h_zone AS MATERIALIZED (
    SELECT id FROM zone WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_region p, LATERAL (SELECT id FROM zone WHERE region_id = p.id OFFSET 0) c
), h_partition AS MATERIALIZED (
    SELECT id FROM partition WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_region p, LATERAL (SELECT id FROM partition WHERE region_id = p.id OFFSET 0) c
), h_deployment_target_type AS MATERIALIZED (
    SELECT id FROM deployment_target_type WHERE id ILIKE $pattern
), h_deployment_target AS MATERIALIZED (
    SELECT id FROM deployment_target WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_partition p, LATERAL (SELECT id FROM deployment_target WHERE partition_id = p.id OFFSET 0) c
    UNION SELECT c.id FROM h_deployment_target_type p, LATERAL (SELECT id FROM deployment_target WHERE deployment_target_type_id = p.id OFFSET 0) c
), h_fleet_type AS MATERIALIZED (
    SELECT id FROM fleet_type WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_provider_type p, LATERAL (SELECT id FROM fleet_type WHERE provider_type_id = p.id OFFSET 0) c
), h_fleet AS MATERIALIZED (
    SELECT id FROM fleet WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_deployment_target p, LATERAL (SELECT id FROM fleet WHERE deployment_target_id = p.id OFFSET 0) c
    UNION SELECT c.id FROM h_fleet_type p, LATERAL (SELECT id FROM fleet WHERE fleet_type_id = p.id OFFSET 0) c
), h_network AS MATERIALIZED (
    SELECT id FROM network WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_partition p, LATERAL (SELECT id FROM network WHERE partition_id = p.id OFFSET 0) c
), h_subnet AS MATERIALIZED (
    SELECT id FROM subnet WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_network p, LATERAL (SELECT id FROM subnet WHERE network_id = p.id OFFSET 0) c
), h_deployment AS MATERIALIZED (
    SELECT id FROM deployment WHERE tag ILIKE $pattern
    UNION SELECT c.id FROM h_deployment_target p, LATERAL (SELECT id FROM deployment WHERE deployment_target_id = p.id OFFSET 0) c
    UNION SELECT c.id FROM h_service p, LATERAL (SELECT id FROM deployment WHERE service_id = p.id OFFSET 0) c
), h_deployment_proc AS MATERIALIZED (
    SELECT c.id FROM h_deployment p, LATERAL (SELECT id FROM deployment_proc WHERE deployment_id = p.id OFFSET 0) c
    UNION SELECT c.id FROM h_proc p, LATERAL (SELECT id FROM deployment_proc WHERE proc_id = p.id OFFSET 0) c
), h_release AS MATERIALIZED (
    SELECT c.id FROM h_deployment p, LATERAL (SELECT id FROM release WHERE deployment_id = p.id OFFSET 0) c
), h_release_artifact AS MATERIALIZED (
    SELECT id FROM release_artifact WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_release p, LATERAL (SELECT id FROM release_artifact WHERE release_id = p.id OFFSET 0) c
), h_language AS MATERIALIZED (
    SELECT id FROM language WHERE id ILIKE $pattern
), h_config_template AS MATERIALIZED (
    SELECT id FROM config_template WHERE id ILIKE $pattern
), h_stack_config AS MATERIALIZED (
    SELECT id FROM stack_config WHERE name ILIKE $pattern
    UNION SELECT id FROM stack_config WHERE tag ILIKE $pattern
    UNION SELECT c.id FROM h_stack p, LATERAL (SELECT id FROM stack_config WHERE stack_id = p.id OFFSET 0) c
    UNION SELECT c.id FROM h_config_template p, LATERAL (SELECT id FROM stack_config WHERE config_template_id = p.id OFFSET 0) c
), h_service_config AS MATERIALIZED (
    SELECT id FROM service_config WHERE name ILIKE $pattern
    UNION SELECT id FROM service_config WHERE tag ILIKE $pattern
    UNION SELECT c.id FROM h_service p, LATERAL (SELECT id FROM service_config WHERE service_id = p.id OFFSET 0) c
    UNION SELECT c.id FROM h_config_template p, LATERAL (SELECT id FROM service_config WHERE config_template_id = p.id OFFSET 0) c
), h_deployment_config AS MATERIALIZED (
    SELECT id FROM deployment_config WHERE name ILIKE $pattern
    UNION SELECT id FROM deployment_config WHERE tag ILIKE $pattern
    UNION SELECT c.id FROM h_deployment p, LATERAL (SELECT id FROM deployment_config WHERE deployment_id = p.id OFFSET 0) c
    UNION SELECT c.id FROM h_config_template p, LATERAL (SELECT id FROM deployment_config WHERE config_template_id = p.id OFFSET 0) c
), h_allocation_type AS MATERIALIZED (
    SELECT id FROM allocation_type WHERE id ILIKE $pattern
), h_allocation AS MATERIALIZED (
    SELECT c.id FROM h_deployment_proc p, LATERAL (SELECT id FROM allocation WHERE deployment_proc_id = p.id OFFSET 0) c
    UNION SELECT c.id FROM h_allocation_type p, LATERAL (SELECT id FROM allocation WHERE allocation_type_id = p.id OFFSET 0) c
), h_capacity AS MATERIALIZED (
    SELECT c.id FROM h_fleet p, LATERAL (SELECT id FROM capacity WHERE fleet_id = p.id OFFSET 0) c
    UNION SELECT c.id FROM h_allocation_type p, LATERAL (SELECT id FROM capacity WHERE allocation_type_id = p.id OFFSET 0) c
), h_dependency_case AS MATERIALIZED (
    SELECT id FROM dependency_case WHERE id ILIKE $pattern
), h_relatable AS MATERIALIZED (
    SELECT id FROM relatable WHERE object_id ILIKE $pattern
), h_dependency AS MATERIALIZED (
    SELECT id FROM dependency WHERE name ILIKE $pattern
    UNION SELECT c.id FROM h_dependency_case p, LATERAL (SELECT id FROM dependency WHERE dependency_case_id = p.id OFFSET 0) c
    UNION SELECT c.id FROM h_relatable p, LATERAL (SELECT id FROM dependency WHERE relatable_id = p.id OFFSET 0) c
), h_related AS MATERIALIZED (
    SELECT id FROM related WHERE object_id ILIKE $pattern
    UNION SELECT c.id FROM h_dependency p, LATERAL (SELECT id FROM related WHERE dependency_id = p.id OFFSET 0) c
), hit AS (
    SELECT 0 AS place, 'allocation' AS resource, id FROM h_allocation
    UNION ALL SELECT 1 AS place, 'allocation_type' AS resource, id FROM h_allocation_type
    UNION ALL SELECT 2 AS place, 'application' AS resource, id FROM h_application
    UNION ALL SELECT 3 AS place, 'build' AS resource, id FROM h_build
    UNION ALL SELECT 4 AS place, 'build_artifact' AS resource, id FROM h_build_artifact
    UNION ALL SELECT 5 AS place, 'capacity' AS resource, id FROM h_capacity
    UNION ALL SELECT 6 AS place, 'proc' AS resource, id FROM h_proc
    UNION ALL SELECT 7 AS place, 'service' AS resource, id FROM h_service
    UNION ALL SELECT 8 AS place, 'stack' AS resource, id FROM h_stack
    UNION ALL SELECT 9 AS place, 'config_template' AS resource, id FROM h_config_template
    UNION ALL SELECT 10 AS place, 'deployment_config' AS resource, id FROM h_deployment_config
    UNION ALL SELECT 11 AS place, 'language' AS resource, id FROM h_language
    UNION ALL SELECT 12 AS place, 'service_config' AS resource, id FROM h_service_config
    UNION ALL SELECT 13 AS place, 'stack_config' AS resource, id FROM h_stack_config
    UNION ALL SELECT 14 AS place, 'release_artifact' AS resource, id FROM h_release_artifact
    UNION ALL SELECT 15 AS place, 'release' AS resource, id FROM h_release
    UNION ALL SELECT 16 AS place, 'repo' AS resource, id FROM h_repo
    UNION ALL SELECT 17 AS place, 'repo_type' AS resource, id FROM h_repo_type
    UNION ALL SELECT 18 AS place, 'dependency' AS resource, id FROM h_dependency
    UNION ALL SELECT 19 AS place, 'dependency_case' AS resource, id FROM h_dependency_case
    UNION ALL SELECT 20 AS place, 'relatable' AS resource, id FROM h_relatable
    UNION ALL SELECT 21 AS place, 'related' AS resource, id FROM h_related
    UNION ALL SELECT 22 AS place, 'deployment' AS resource, id FROM h_deployment
    UNION ALL SELECT 23 AS place, 'deployment_proc' AS resource, id FROM h_deployment_proc
    UNION ALL SELECT 24 AS place, 'deployment_target' AS resource, id FROM h_deployment_target
    UNION ALL SELECT 25 AS place, 'deployment_target_type' AS resource, id FROM h_deployment_target_type
    UNION ALL SELECT 26 AS place, 'environment' AS resource, id FROM h_environment
    UNION ALL SELECT 27 AS place, 'fleet' AS resource, id FROM h_fleet
    UNION ALL SELECT 28 AS place, 'fleet_type' AS resource, id FROM h_fleet_type
    UNION ALL SELECT 29 AS place, 'partition' AS resource, id FROM h_partition
    UNION ALL SELECT 30 AS place, 'provider' AS resource, id FROM h_provider
    UNION ALL SELECT 31 AS place, 'provider_type' AS resource, id FROM h_provider_type
    UNION ALL SELECT 32 AS place, 'region' AS resource, id FROM h_region
    UNION ALL SELECT 33 AS place, 'zone' AS resource, id FROM h_zone
    UNION ALL SELECT 34 AS place, 'network' AS resource, id FROM h_network
    UNION ALL SELECT 35 AS place, 'subnet' AS resource, id FROM h_subnet
)
SELECT resource, id, CASE
    WHEN own = $text OR lower(id) = $text THEN 1
    WHEN starts_with(own, $text) THEN 2
    WHEN strpos(own, $text) > 0 THEN 3
    ELSE 4 END AS match
FROM (
    -- The component called name, or else the last one; labels and the IDs of others are not names.
    SELECT *, lower(CASE
        WHEN resource IN ('deployment_proc', 'allocation', 'capacity', 'relatable', 'related') THEN NULL
        WHEN resource IN ('stack_config', 'service_config', 'deployment_config') THEN split_part(id, chr(58), -2)
        ELSE split_part(id, chr(58), -1)
    END) AS own FROM hit
) named
ORDER BY match, place, id
LIMIT 100
