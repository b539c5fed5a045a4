-- Which services of a bundle differ in the fields it names? Locks those, and sets what differs.

SELECT v."place", (t."artifact_name" IS DISTINCT FROM v."c0")
FROM unnest($1, $2)
WITH ORDINALITY v ("id", "c0", "place")
JOIN "service" t ON t."id" = v."id";

SELECT "id", "artifact_name"
FROM "service"
WHERE "id" = ANY($1)
ORDER BY "id"
FOR NO KEY UPDATE;

UPDATE "service" t SET
    "artifact_name" = v."c0"
FROM unnest($1, $2)
WITH ORDINALITY v ("id", "c0", "place")
WHERE t."id" = v."id" AND (t."artifact_name" IS DISTINCT FROM v."c0")
RETURNING v."place";
