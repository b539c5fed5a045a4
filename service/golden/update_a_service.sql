-- Updates a service if it is still in the version that the caller has read, and returns it.

UPDATE "service" AS t0 SET
    "artifact_name" = $1
FROM (SELECT set_config('qairon.call', $2, true), set_config('lock_timeout', $3, true)) AS call
WHERE t0."id" = $4 AND t0."version" = $5 AND right(t0."uid"::text, 12) = $6
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
