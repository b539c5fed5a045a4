-- Configuration templates and the configurations made from them.

CREATE TABLE language (
    id text COLLATE "C" NOT NULL,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT language_pkey PRIMARY KEY (id),
    CONSTRAINT language_uid_key UNIQUE (uid),
    CONSTRAINT language_id_name_check CHECK (qairon_is_name(id)),
    CONSTRAINT language_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
SELECT qairon_manage('language', 'Language');

CREATE TABLE config_template (
    id text COLLATE "C" NOT NULL,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    language_id text COLLATE "C" NOT NULL,
    doc text COLLATE "C" NOT NULL DEFAULT '',
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT config_template_pkey PRIMARY KEY (id),
    CONSTRAINT config_template_uid_key UNIQUE (uid),
    CONSTRAINT config_template_id_name_check CHECK (qairon_is_name(id)),
    CONSTRAINT config_template_language_id_fkey FOREIGN KEY (language_id) REFERENCES language (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT config_template_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX config_template_language_id_idx ON config_template (language_id);
SELECT qairon_manage('config_template', 'ConfigTemplate');

CREATE TABLE stack_config (
    id text COLLATE "C" GENERATED ALWAYS AS (stack_id || ':' || config_template_id || ':' || name || ':' || tag) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    stack_id text COLLATE "C" NOT NULL,
    config_template_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    tag text COLLATE "C" NOT NULL DEFAULT 'default',
    config text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT stack_config_pkey PRIMARY KEY (id),
    CONSTRAINT stack_config_uid_key UNIQUE (uid),
    CONSTRAINT stack_config_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT stack_config_stack_id_fkey FOREIGN KEY (stack_id) REFERENCES stack (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT stack_config_config_template_id_fkey FOREIGN KEY (config_template_id) REFERENCES config_template (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT stack_config_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT stack_config_tag_name_check CHECK (qairon_is_name(tag)),
    CONSTRAINT stack_config_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX stack_config_stack_id_idx ON stack_config (stack_id);
CREATE INDEX stack_config_config_template_id_idx ON stack_config (config_template_id);
SELECT qairon_manage('stack_config', 'StackConfig');

CREATE TABLE service_config (
    id text COLLATE "C" GENERATED ALWAYS AS (service_id || ':' || config_template_id || ':' || name || ':' || tag) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    service_id text COLLATE "C" NOT NULL,
    config_template_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    tag text COLLATE "C" NOT NULL DEFAULT 'default',
    config text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT service_config_pkey PRIMARY KEY (id),
    CONSTRAINT service_config_uid_key UNIQUE (uid),
    CONSTRAINT service_config_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT service_config_service_id_fkey FOREIGN KEY (service_id) REFERENCES service (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT service_config_config_template_id_fkey FOREIGN KEY (config_template_id) REFERENCES config_template (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT service_config_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT service_config_tag_name_check CHECK (qairon_is_name(tag)),
    CONSTRAINT service_config_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX service_config_service_id_idx ON service_config (service_id);
CREATE INDEX service_config_config_template_id_idx ON service_config (config_template_id);
SELECT qairon_manage('service_config', 'ServiceConfig');

CREATE TABLE deployment_config (
    id text COLLATE "C" GENERATED ALWAYS AS (deployment_id || ':' || config_template_id || ':' || name || ':' || tag) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    deployment_id text COLLATE "C" NOT NULL,
    config_template_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    tag text COLLATE "C" NOT NULL DEFAULT 'default',
    config text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT deployment_config_pkey PRIMARY KEY (id),
    CONSTRAINT deployment_config_uid_key UNIQUE (uid),
    CONSTRAINT deployment_config_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT deployment_config_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployment (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT deployment_config_config_template_id_fkey FOREIGN KEY (config_template_id) REFERENCES config_template (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT deployment_config_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT deployment_config_tag_name_check CHECK (qairon_is_name(tag)),
    CONSTRAINT deployment_config_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX deployment_config_deployment_id_idx ON deployment_config (deployment_id);
CREATE INDEX deployment_config_config_template_id_idx ON deployment_config (config_template_id);
SELECT qairon_manage('deployment_config', 'DeploymentConfig');
