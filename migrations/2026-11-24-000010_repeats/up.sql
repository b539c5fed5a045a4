-- A request ID belongs to the principal who sends it: the same one from another principal is another call.
ALTER TABLE idempotency ADD COLUMN principal text COLLATE "C" NOT NULL DEFAULT 'anonymous';
ALTER TABLE idempotency ALTER COLUMN principal DROP DEFAULT;
ALTER TABLE idempotency DROP CONSTRAINT idempotency_pkey;
ALTER TABLE idempotency ADD CONSTRAINT idempotency_pkey PRIMARY KEY (principal, request_id);
