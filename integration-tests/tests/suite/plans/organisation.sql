-- An organisation large enough that a plan matters: about 80,000 rows, written in one go and without triggers.
SET session_replication_role = replica;
INSERT INTO application (id) SELECT 'app-' || a FROM generate_series(1, 40) a;
INSERT INTO stack (application_id, name) SELECT id, 'stack-' || s FROM application, generate_series(1, 10) s;
INSERT INTO service (stack_id, name, artifact_name)
    SELECT id, 'service-' || s, 'artifact-' || s FROM stack, generate_series(1, 20) s;
INSERT INTO repo_type (id) VALUES ('git');
INSERT INTO repo (repo_type_id, name) SELECT 'git', 'repo-' || r FROM generate_series(1, 1000) r;
INSERT INTO service_repo (service_id, repo_id)
    SELECT id, 'git:repo-' || 1 + abs(hashtext(id)) % 1000 FROM service;
INSERT INTO build (service_id, build_num, vcs_ref) SELECT id, 1, md5(id) FROM service;

INSERT INTO environment (id) VALUES ('prod'), ('staging'), ('int'), ('dev');
INSERT INTO provider_type (id) VALUES ('aws'), ('gcp'), ('azure');
INSERT INTO provider (environment_id, provider_type_id, native_id)
    SELECT e.id, t.id, 'account-' || a FROM environment e, provider_type t, generate_series(1, 2) a;
INSERT INTO region (provider_id, name) SELECT id, 'region-' || r FROM provider, generate_series(1, 4) r;
INSERT INTO zone (region_id, name) SELECT id, 'zone-' || z FROM region, generate_series(1, 3) z;
INSERT INTO partition (region_id, name) SELECT id, 'partition-' || p FROM region, generate_series(1, 3) p;
INSERT INTO deployment_target_type (id) VALUES ('eks'), ('vm');
INSERT INTO deployment_target (partition_id, deployment_target_type_id, name)
    SELECT p.id, t.id, 'target-' || n FROM partition p, deployment_target_type t, generate_series(1, 3) n;
INSERT INTO fleet_type (provider_type_id, name) SELECT id, 'standard' FROM provider_type;
INSERT INTO fleet (deployment_target_id, fleet_type_id, name, native_id)
    SELECT id, split_part(id, ':', 2) || ':standard', 'fleet-' || f, 'arn:' || md5(id || f)
    FROM deployment_target, generate_series(1, 4) f;
INSERT INTO fleet_deployment_target (fleet_id, deployment_target_id) SELECT id, deployment_target_id FROM fleet;

INSERT INTO network (partition_id, name, cidr)
    SELECT id, 'network-' || n, ('10.' || n || '.0.0/16')::cidr FROM partition, generate_series(1, 2) n;
INSERT INTO subnet (network_id, name, cidr)
    SELECT id, 'subnet-' || s, set_masklen((host(cidr)::inet + s * 256), 24)::cidr FROM network, generate_series(1, 12) s;
INSERT INTO fleet_subnet (fleet_id, subnet_id)
    SELECT f.id, t.partition_id || ':network-1:subnet-' || 1 + abs(hashtext(f.id)) % 12
    FROM fleet f JOIN deployment_target t ON t.id = f.deployment_target_id;

-- Two deployments of every service, on whatever targets.
WITH target AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS all_of_them FROM deployment_target)
INSERT INTO deployment (deployment_target_id, service_id, tag, current_release_id)
    SELECT t.id, s.id, tag, t.id || ':' || s.id || ':' || tag || ':1'
    FROM service s CROSS JOIN (VALUES ('default'), ('canary')) AS tags (tag)
    JOIN target t ON t.place = abs(hashtext(s.id || tag)) % t.all_of_them;
INSERT INTO release (build_id, deployment_id, build_num) SELECT service_id || ':1', id, 1 FROM deployment;
INSERT INTO deployment_zone (deployment_id, zone_id)
    SELECT id, (string_to_array(id, ':'))[1] || ':' || (string_to_array(id, ':'))[2] || ':' ||
        (string_to_array(id, ':'))[3] || ':' || (string_to_array(id, ':'))[4] || ':zone-1' FROM deployment;
