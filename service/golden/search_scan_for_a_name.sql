-- Which services are called `a`, begin with `a`, or contain it, where there are too many to gather?

SELECT id
FROM "service"
WHERE "name" ILIKE $1 AND id > $2
ORDER BY id
LIMIT $3;

SELECT id
FROM "service"
WHERE "name" ILIKE $1 AND lower("name") <> $2 AND id > $3
ORDER BY id
LIMIT $4;

SELECT id
FROM "service"
WHERE "name" ILIKE $1 AND NOT starts_with(lower("name"), $2) AND id > $3
ORDER BY id
LIMIT $4;
