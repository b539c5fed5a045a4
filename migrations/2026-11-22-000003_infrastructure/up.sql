-- Environments, providers and everything that stands in them.

CREATE TABLE environment (
    id text COLLATE "C" NOT NULL,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT environment_pkey PRIMARY KEY (id),
    CONSTRAINT environment_uid_key UNIQUE (uid),
    CONSTRAINT environment_id_name_check CHECK (qairon_is_name(id)),
    CONSTRAINT environment_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
SELECT qairon_manage('environment', 'Environment');

CREATE TABLE provider_type (
    id text COLLATE "C" NOT NULL,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT provider_type_pkey PRIMARY KEY (id),
    CONSTRAINT provider_type_uid_key UNIQUE (uid),
    CONSTRAINT provider_type_id_name_check CHECK (qairon_is_name(id)),
    CONSTRAINT provider_type_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
SELECT qairon_manage('provider_type', 'ProviderType');

CREATE TABLE provider (
    id text COLLATE "C" GENERATED ALWAYS AS (environment_id || ':' || provider_type_id || ':' || native_id) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    environment_id text COLLATE "C" NOT NULL,
    provider_type_id text COLLATE "C" NOT NULL,
    native_id text COLLATE "C" NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT provider_pkey PRIMARY KEY (id),
    CONSTRAINT provider_uid_key UNIQUE (uid),
    CONSTRAINT provider_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT provider_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environment (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT provider_provider_type_id_fkey FOREIGN KEY (provider_type_id) REFERENCES provider_type (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT provider_native_id_name_check CHECK (qairon_is_name(native_id)),
    CONSTRAINT provider_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX provider_environment_id_idx ON provider (environment_id);
CREATE INDEX provider_provider_type_id_idx ON provider (provider_type_id);
CREATE INDEX provider_native_id_idx ON provider (native_id);
SELECT qairon_manage('provider', 'Provider');

CREATE TABLE region (
    id text COLLATE "C" GENERATED ALWAYS AS (provider_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    provider_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    native_id text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT region_pkey PRIMARY KEY (id),
    CONSTRAINT region_uid_key UNIQUE (uid),
    CONSTRAINT region_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT region_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES provider (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT region_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT region_native_id_length_check CHECK (octet_length(native_id) <= 2000),
    CONSTRAINT region_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX region_provider_id_idx ON region (provider_id);
CREATE INDEX region_native_id_idx ON region (native_id) WHERE native_id IS NOT NULL;
SELECT qairon_manage('region', 'Region');

CREATE TABLE zone (
    id text COLLATE "C" GENERATED ALWAYS AS (region_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    region_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    native_id text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT zone_pkey PRIMARY KEY (id),
    CONSTRAINT zone_uid_key UNIQUE (uid),
    CONSTRAINT zone_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT zone_region_id_fkey FOREIGN KEY (region_id) REFERENCES region (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT zone_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT zone_native_id_length_check CHECK (octet_length(native_id) <= 2000),
    CONSTRAINT zone_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX zone_region_id_idx ON zone (region_id);
CREATE INDEX zone_native_id_idx ON zone (native_id) WHERE native_id IS NOT NULL;
SELECT qairon_manage('zone', 'Zone');

CREATE TABLE partition (
    id text COLLATE "C" GENERATED ALWAYS AS (region_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    region_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    native_id text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT partition_pkey PRIMARY KEY (id),
    CONSTRAINT partition_uid_key UNIQUE (uid),
    CONSTRAINT partition_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT partition_region_id_fkey FOREIGN KEY (region_id) REFERENCES region (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT partition_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT partition_native_id_length_check CHECK (octet_length(native_id) <= 2000),
    CONSTRAINT partition_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX partition_region_id_idx ON partition (region_id);
CREATE INDEX partition_native_id_idx ON partition (native_id) WHERE native_id IS NOT NULL;
SELECT qairon_manage('partition', 'Partition');

CREATE TABLE deployment_target_type (
    id text COLLATE "C" NOT NULL,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT deployment_target_type_pkey PRIMARY KEY (id),
    CONSTRAINT deployment_target_type_uid_key UNIQUE (uid),
    CONSTRAINT deployment_target_type_id_name_check CHECK (qairon_is_name(id)),
    CONSTRAINT deployment_target_type_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
SELECT qairon_manage('deployment_target_type', 'DeploymentTargetType');

CREATE TABLE deployment_target (
    id text COLLATE "C" GENERATED ALWAYS AS (partition_id || ':' || deployment_target_type_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    partition_id text COLLATE "C" NOT NULL,
    deployment_target_type_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    native_id text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT deployment_target_pkey PRIMARY KEY (id),
    CONSTRAINT deployment_target_uid_key UNIQUE (uid),
    CONSTRAINT deployment_target_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT deployment_target_partition_id_fkey FOREIGN KEY (partition_id) REFERENCES partition (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT deployment_target_deployment_target_type_id_fkey FOREIGN KEY (deployment_target_type_id) REFERENCES deployment_target_type (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT deployment_target_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT deployment_target_native_id_length_check CHECK (octet_length(native_id) <= 2000),
    CONSTRAINT deployment_target_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX deployment_target_partition_id_idx ON deployment_target (partition_id);
CREATE INDEX deployment_target_deployment_target_type_id_idx ON deployment_target (deployment_target_type_id);
CREATE INDEX deployment_target_native_id_idx ON deployment_target (native_id) WHERE native_id IS NOT NULL;
SELECT qairon_manage('deployment_target', 'DeploymentTarget');

CREATE TABLE fleet_type (
    id text COLLATE "C" GENERATED ALWAYS AS (provider_type_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    provider_type_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT fleet_type_pkey PRIMARY KEY (id),
    CONSTRAINT fleet_type_uid_key UNIQUE (uid),
    CONSTRAINT fleet_type_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT fleet_type_provider_type_id_fkey FOREIGN KEY (provider_type_id) REFERENCES provider_type (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT fleet_type_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT fleet_type_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX fleet_type_provider_type_id_idx ON fleet_type (provider_type_id);
SELECT qairon_manage('fleet_type', 'FleetType');

CREATE TABLE fleet (
    id text COLLATE "C" GENERATED ALWAYS AS (deployment_target_id || ':' || fleet_type_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    deployment_target_id text COLLATE "C" NOT NULL,
    fleet_type_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    native_id text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT fleet_pkey PRIMARY KEY (id),
    CONSTRAINT fleet_uid_key UNIQUE (uid),
    CONSTRAINT fleet_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT fleet_deployment_target_id_fkey FOREIGN KEY (deployment_target_id) REFERENCES deployment_target (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT fleet_fleet_type_id_fkey FOREIGN KEY (fleet_type_id) REFERENCES fleet_type (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT fleet_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT fleet_native_id_length_check CHECK (octet_length(native_id) <= 2000),
    CONSTRAINT fleet_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX fleet_deployment_target_id_idx ON fleet (deployment_target_id);
CREATE INDEX fleet_fleet_type_id_idx ON fleet (fleet_type_id);
CREATE INDEX fleet_native_id_idx ON fleet (native_id) WHERE native_id IS NOT NULL;
SELECT qairon_manage('fleet', 'Fleet');

-- Links: the deployment_targets of a fleet. They go with their owner and hold their target.
CREATE TABLE fleet_deployment_target (
    fleet_id text COLLATE "C" NOT NULL,
    deployment_target_id text COLLATE "C" NOT NULL,
    CONSTRAINT fleet_deployment_target_pkey PRIMARY KEY (fleet_id, deployment_target_id),
    CONSTRAINT fleet_deployment_target_fleet_id_fkey FOREIGN KEY (fleet_id) REFERENCES fleet (id) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT fleet_deployment_target_deployment_target_id_fkey FOREIGN KEY (deployment_target_id) REFERENCES deployment_target (id) ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE INDEX fleet_deployment_target_deployment_target_id_idx ON fleet_deployment_target (deployment_target_id);
CREATE CONSTRAINT TRIGGER fleet_deployment_target_same_partition AFTER INSERT OR UPDATE ON fleet_deployment_target
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION qairon_link_stays_inside('fleet_id', 'deployment_target_id', '5', 'partition');

-- The home of a fleet is always among its deployment targets. A changed deployment_target_id is a move when the old
-- target still stands under its ID; otherwise the target was renamed and the cascade has updated the link already.
CREATE FUNCTION qairon_fleet_home_linked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.deployment_target_id <> OLD.deployment_target_id
        AND EXISTS (SELECT FROM deployment_target WHERE id = OLD.deployment_target_id) THEN
        DELETE FROM fleet_deployment_target
            WHERE fleet_id = NEW.id AND deployment_target_id = OLD.deployment_target_id;
    END IF;
    INSERT INTO fleet_deployment_target (fleet_id, deployment_target_id)
        SELECT id, deployment_target_id FROM fleet WHERE uid = NEW.uid
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER fleet_home_linked AFTER INSERT OR UPDATE OF deployment_target_id ON fleet
    FOR EACH ROW EXECUTE FUNCTION qairon_fleet_home_linked();

CREATE FUNCTION qairon_fleet_home_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fleet WHERE id = OLD.fleet_id AND deployment_target_id = OLD.deployment_target_id) THEN
        PERFORM qairon_refuse('fleet_home_kept', TG_TABLE_NAME, 'deployment_target_id',
            format('deployment target `%s` is the home of fleet `%s`', OLD.deployment_target_id, OLD.fleet_id),
            'move the fleet to another home first');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fleet_home_kept AFTER DELETE ON fleet_deployment_target
    FOR EACH ROW EXECUTE FUNCTION qairon_fleet_home_kept();
