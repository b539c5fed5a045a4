-- Which of many services exist, and which of them differ from the values given? Sets what differs, and inserts the missing.

SELECT
    v."place",
    (
        t."artifact_name" IS DISTINCT FROM coalesce(v."c0", t."artifact_name")
        OR t."defaults" IS DISTINCT FROM coalesce(v."c1", t."defaults")
        OR t."defaults"::text <> (coalesce(v."c1", t."defaults"))::text
    )
FROM unnest($1, $2, $3)
WITH ORDINALITY v ("id", "c0", "c1", "place")
JOIN "service" t ON t."id" = v."id";

UPDATE "service" t SET
    "artifact_name" = coalesce(v."c0", t."artifact_name"), "defaults" = coalesce(v."c1", t."defaults")
FROM unnest($1, $2, $3)
WITH ORDINALITY v ("id", "c0", "c1", "place")
WHERE
    t."id" = v."id"
    AND (
        t."artifact_name" IS DISTINCT FROM coalesce(v."c0", t."artifact_name")
        OR t."defaults" IS DISTINCT FROM coalesce(v."c1", t."defaults")
        OR t."defaults"::text <> (coalesce(v."c1", t."defaults"))::text
    )
RETURNING v."place";

INSERT INTO "service" ("stack_id", "name", "artifact_name", "defaults")
SELECT *
FROM unnest($1, $2, $3, $4)
ON CONFLICT ("id") DO NOTHING
RETURNING "id";
