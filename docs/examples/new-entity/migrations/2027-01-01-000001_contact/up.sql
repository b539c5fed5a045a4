-- Whom to turn to about an application.

CREATE TABLE contact (
    id text COLLATE "C" GENERATED ALWAYS AS (application_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    application_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    email text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT contact_pkey PRIMARY KEY (id),
    CONSTRAINT contact_uid_key UNIQUE (uid),
    CONSTRAINT contact_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT contact_application_id_fkey FOREIGN KEY (application_id) REFERENCES application (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT contact_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT contact_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX contact_application_id_idx ON contact (application_id);
CREATE INDEX contact_search_idx ON contact USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
SELECT qairon_manage('contact', 'Contact');
