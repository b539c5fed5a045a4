-- Deletes a release whose artifacts are deleted already; deployments lose it as their current one.

UPDATE "deployment" SET
    "current_release_id" = NULL
WHERE "current_release_id" = ANY($1);

DELETE FROM "release"
WHERE "uid" = ANY($1);
