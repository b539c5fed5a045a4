-- Both conditions are ranges of keys: a deployment's ID begins with its region, its service's with its application.
SELECT d.id, d.deployment_target_id, d.service_id, d.tag, d.current_release_id,
    (SELECT json_build_array(r.id, r.build_id, r.deployment_id, r.build_num,
        (SELECT json_agg(json_build_array(a.id, a.release_id, a.input_repo_id, a.output_repo_id, a.name, a.upload_path,
            a.data, a.uid, a.defaults, a.created_at, a.last_updated_at, a.version) ORDER BY a.id)
         FROM release_artifact a WHERE a.release_id = r.id),
        r.uid, r.defaults, r.created_at, r.last_updated_at, r.version)
     FROM release r WHERE r.id = d.current_release_id),
    d.uid, d.defaults, d.created_at, d.last_updated_at, d.version
FROM deployment d
WHERE d.id >= $from_region AND d.id < $to_region AND d.service_id >= $from_application AND d.service_id < $to_application
ORDER BY d.id
LIMIT 100
