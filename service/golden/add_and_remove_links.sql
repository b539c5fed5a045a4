-- Adds links of services where there is none yet, and removes those there are. The ends of a new one are held.

SELECT true
FROM "service"
WHERE "id" = $1
FOR KEY SHARE;

INSERT INTO "service_repo" ("service_id", "repo_id")
SELECT o, t
FROM unnest($1, $2) AS w(o, t)
ON CONFLICT DO NOTHING;

DELETE FROM "service_repo" l
USING unnest($1, $2) AS w(o, t)
WHERE l."service_id" = w.o AND l."repo_id" = w.t;
