-- Without principals one request ID is one call: the first result of each stays.
DELETE FROM idempotency later USING idempotency first
    WHERE later.request_id = first.request_id
        AND (first.created_at, first.principal) < (later.created_at, later.principal);
ALTER TABLE idempotency DROP CONSTRAINT idempotency_pkey;
ALTER TABLE idempotency ADD CONSTRAINT idempotency_pkey PRIMARY KEY (request_id);
ALTER TABLE idempotency DROP COLUMN principal;
