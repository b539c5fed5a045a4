-- A request ID belongs to the principal who sends it: the same one from another principal is another call. The default is
-- for older programs, which may run beside newer ones during an upgrade.
ALTER TABLE idempotency ADD COLUMN principal text COLLATE "C" NOT NULL DEFAULT 'anonymous';
ALTER TABLE idempotency DROP CONSTRAINT idempotency_pkey;
ALTER TABLE idempotency ADD CONSTRAINT idempotency_pkey PRIMARY KEY (principal, request_id);
