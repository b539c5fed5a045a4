WITH what AS MATERIALIZED (
    SELECT d.id AS deployment_id, d.service_id, r.id AS release_id, b.id AS build_id, b.vcs_ref
    FROM deployment d
    LEFT JOIN release r ON r.id = d.current_release_id
    LEFT JOIN build b ON b.id = r.build_id
    WHERE d.id = $deployment
)
SELECT 'release_artifact', a.id, a.name, a.input_repo_id, a.output_repo_id, a.upload_path,
    rtrim(o.url, '/') || '/' || ltrim(a.upload_path, '/'), w.*
FROM what w JOIN release_artifact a ON a.release_id = w.release_id JOIN repo o ON o.id = a.output_repo_id
UNION ALL
SELECT 'build_artifact', a.id, a.name, a.input_repo_id, a.output_repo_id, a.upload_path,
    rtrim(o.url, '/') || '/' || ltrim(a.upload_path, '/'), w.*
FROM what w JOIN build_artifact a ON a.build_id = w.build_id JOIN repo o ON o.id = a.output_repo_id
