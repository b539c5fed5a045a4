-- Updates a service if it is still in the version that the caller has read, and returns it.

UPDATE "service" AS t0 SET
    "artifact_name" = $1
WHERE t0."id" = $2 AND t0."version" = $3 AND right(t0."uid"::text, 12) = $4
RETURNING
    t0."id",
    t0."stack_id",
    t0."name",
    t0."artifact_name",
    t0."uid",
    t0."defaults",
    t0."created_at",
    t0."last_updated_at",
    t0."uid",
    t0."version",
    t0."id";
