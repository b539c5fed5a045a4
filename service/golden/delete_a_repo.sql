-- Deletes a repo that no artifact refers to any more, with the links to it.

DELETE FROM "service_repo"
WHERE "repo_id" = ANY($1);

DELETE FROM "repo"
WHERE "uid" = ANY($1);
