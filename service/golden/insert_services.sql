-- Inserts many services.

INSERT INTO "service" ("stack_id", "name", "artifact_name", "defaults")
SELECT *
FROM unnest($1, $2, $3, $4);
