-- What refers to a repo, also by a link, and how many links are there?

SELECT "uid", "id", "input_repo_id"
FROM "build_artifact"
WHERE "input_repo_id" = ANY($1)
ORDER BY "id";

SELECT "uid", "id", "output_repo_id"
FROM "build_artifact"
WHERE "output_repo_id" = ANY($1)
ORDER BY "id";

SELECT o."uid", o."id", l."repo_id"
FROM "service_repo" l
JOIN "service" o ON o."id" = l."service_id"
WHERE l."repo_id" = ANY($1)
ORDER BY "id";

SELECT "uid", "id", "input_repo_id"
FROM "release_artifact"
WHERE "input_repo_id" = ANY($1)
ORDER BY "id";

SELECT "uid", "id", "output_repo_id"
FROM "release_artifact"
WHERE "output_repo_id" = ANY($1)
ORDER BY "id";

SELECT "uid", "id", "object_id"
FROM "relatable"
WHERE "relatable_type" = $1 AND "object_id" = ANY($2)
ORDER BY "id";

SELECT "uid", "id", "object_id"
FROM "related"
WHERE "related_type" = $1 AND "object_id" = ANY($2)
ORDER BY "id";

SELECT count(*)
FROM "service_repo"
WHERE "repo_id" = ANY($1);
