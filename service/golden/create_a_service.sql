-- Inserts a service and returns it.

INSERT INTO "service" AS t0 ("stack_id", "name")
SELECT $1, $2
FROM (SELECT set_config('qairon.call', $3, true), set_config('lock_timeout', $4, true)) AS call
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
    t0."version";
