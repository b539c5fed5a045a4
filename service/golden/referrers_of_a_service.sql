-- What refers to a service, which is locked first? One statement for each way to refer to it.

SELECT "uid", "id"
FROM "service"
WHERE "id" = $1
FOR UPDATE;

SELECT "uid", "id", "service_id"
FROM "build"
WHERE "service_id" = ANY($1)
ORDER BY "id";

SELECT "uid", "id", "service_id"
FROM "proc"
WHERE "service_id" = ANY($1)
ORDER BY "id";

SELECT "uid", "id", "service_id"
FROM "service_config"
WHERE "service_id" = ANY($1)
ORDER BY "id";

SELECT "uid", "id", "service_id"
FROM "deployment"
WHERE "service_id" = ANY($1)
ORDER BY "id";

SELECT "uid", "id", "object_id"
FROM "relatable"
WHERE "relatable_type" = $1 AND "object_id" = ANY($2)
ORDER BY "id";

SELECT "uid", "id", "object_id"
FROM "related"
WHERE "related_type" = $1 AND "object_id" = ANY($2)
ORDER BY "id";
