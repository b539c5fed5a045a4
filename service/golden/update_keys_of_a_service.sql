-- Sets a key of the defaults of a service; the others stay, also those that another sets at the same time.

UPDATE "service" AS t0 SET
    "defaults" = qairon_json_change(t0."defaults", $1, 'service', 'defaults')
FROM (SELECT set_config('qairon.call', $2, true), set_config('lock_timeout', $3, true)) AS call
WHERE t0."id" = $4
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
