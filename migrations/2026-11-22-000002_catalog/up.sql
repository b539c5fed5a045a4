-- Applications, their stacks, services and processes.

CREATE TABLE application (
    id text COLLATE "C" NOT NULL,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT application_pkey PRIMARY KEY (id),
    CONSTRAINT application_uid_key UNIQUE (uid),
    CONSTRAINT application_id_name_check CHECK (qairon_is_name(id)),
    CONSTRAINT application_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
SELECT qairon_manage('application', 'Application');

CREATE TABLE stack (
    id text COLLATE "C" GENERATED ALWAYS AS (application_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    application_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT stack_pkey PRIMARY KEY (id),
    CONSTRAINT stack_uid_key UNIQUE (uid),
    CONSTRAINT stack_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT stack_application_id_fkey FOREIGN KEY (application_id) REFERENCES application (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT stack_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT stack_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX stack_application_id_idx ON stack (application_id);
SELECT qairon_manage('stack', 'Stack');

CREATE TABLE service (
    id text COLLATE "C" GENERATED ALWAYS AS (stack_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    stack_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    artifact_name text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT service_pkey PRIMARY KEY (id),
    CONSTRAINT service_uid_key UNIQUE (uid),
    CONSTRAINT service_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT service_stack_id_fkey FOREIGN KEY (stack_id) REFERENCES stack (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT service_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT service_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX service_stack_id_idx ON service (stack_id);
SELECT qairon_manage('service', 'Service');

CREATE TABLE proc (
    id text COLLATE "C" GENERATED ALWAYS AS (service_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    service_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT proc_pkey PRIMARY KEY (id),
    CONSTRAINT proc_uid_key UNIQUE (uid),
    CONSTRAINT proc_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT proc_service_id_fkey FOREIGN KEY (service_id) REFERENCES service (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT proc_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT proc_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX proc_service_id_idx ON proc (service_id);
SELECT qairon_manage('proc', 'Proc');
