-- What fleets provide and what deployed processes consume.

CREATE TABLE allocation_type (
    id text COLLATE "C" NOT NULL,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    unit text COLLATE "C" NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT allocation_type_pkey PRIMARY KEY (id),
    CONSTRAINT allocation_type_uid_key UNIQUE (uid),
    CONSTRAINT allocation_type_id_name_check CHECK (qairon_is_name(id)),
    CONSTRAINT allocation_type_unit_required_check CHECK (unit <> ''),
    CONSTRAINT allocation_type_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
SELECT qairon_manage('allocation_type', 'AllocationType');

CREATE TABLE allocation (
    id text COLLATE "C" GENERATED ALWAYS AS (deployment_proc_id || ':' || allocation_type_id || ':' || watermark) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    deployment_proc_id text COLLATE "C" NOT NULL,
    allocation_type_id text COLLATE "C" NOT NULL,
    watermark text COLLATE "C" NOT NULL,
    value double precision NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT allocation_pkey PRIMARY KEY (id),
    CONSTRAINT allocation_uid_key UNIQUE (uid),
    CONSTRAINT allocation_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT allocation_deployment_proc_id_fkey FOREIGN KEY (deployment_proc_id) REFERENCES deployment_proc (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT allocation_allocation_type_id_fkey FOREIGN KEY (allocation_type_id) REFERENCES allocation_type (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT allocation_watermark_enum_check CHECK (watermark IN ('HIGH', 'LOW')),
    CONSTRAINT allocation_value_range_check CHECK (value >= 0 AND value < 'Infinity'),
    CONSTRAINT allocation_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX allocation_deployment_proc_id_idx ON allocation (deployment_proc_id);
CREATE INDEX allocation_allocation_type_id_idx ON allocation (allocation_type_id);
SELECT qairon_manage('allocation', 'Allocation');

CREATE TABLE capacity (
    id text COLLATE "C" GENERATED ALWAYS AS (fleet_id || ':' || allocation_type_id) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    fleet_id text COLLATE "C" NOT NULL,
    allocation_type_id text COLLATE "C" NOT NULL,
    value double precision NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT capacity_pkey PRIMARY KEY (id),
    CONSTRAINT capacity_uid_key UNIQUE (uid),
    CONSTRAINT capacity_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT capacity_fleet_id_fkey FOREIGN KEY (fleet_id) REFERENCES fleet (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT capacity_allocation_type_id_fkey FOREIGN KEY (allocation_type_id) REFERENCES allocation_type (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT capacity_value_range_check CHECK (value >= 0 AND value < 'Infinity'),
    CONSTRAINT capacity_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX capacity_fleet_id_idx ON capacity (fleet_id);
CREATE INDEX capacity_allocation_type_id_idx ON capacity (allocation_type_id);
SELECT qairon_manage('capacity', 'Capacity');
