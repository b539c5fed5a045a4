-- Networks and their subnets.

CREATE TABLE network (
    id text COLLATE "C" GENERATED ALWAYS AS (partition_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    partition_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    cidr cidr NOT NULL,
    native_id text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT network_pkey PRIMARY KEY (id),
    CONSTRAINT network_uid_key UNIQUE (uid),
    CONSTRAINT network_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT network_partition_id_fkey FOREIGN KEY (partition_id) REFERENCES partition (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT network_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT network_native_id_length_check CHECK (octet_length(native_id) <= 2000),
    CONSTRAINT network_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX network_partition_id_idx ON network (partition_id);
CREATE INDEX network_native_id_idx ON network (native_id) WHERE native_id IS NOT NULL;
SELECT qairon_manage('network', 'Network');

CREATE TABLE subnet (
    id text COLLATE "C" GENERATED ALWAYS AS (network_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    network_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    cidr cidr NOT NULL,
    native_id text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT subnet_pkey PRIMARY KEY (id),
    CONSTRAINT subnet_uid_key UNIQUE (uid),
    CONSTRAINT subnet_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT subnet_network_id_fkey FOREIGN KEY (network_id) REFERENCES network (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT subnet_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT subnet_native_id_length_check CHECK (octet_length(native_id) <= 2000),
    CONSTRAINT subnet_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object'),
    CONSTRAINT subnet_network_id_cidr_excl EXCLUDE USING gist (network_id WITH =, cidr inet_ops WITH &&)
);
CREATE INDEX subnet_native_id_idx ON subnet (native_id) WHERE native_id IS NOT NULL;
-- Allocation walks the subnets of a network in the order of their addresses.
CREATE INDEX subnet_network_id_cidr_idx ON subnet (network_id, cidr);
SELECT qairon_manage('subnet', 'Subnet');

-- Links: the subnets of a fleet. They go with their owner and hold their target.
CREATE TABLE fleet_subnet (
    fleet_id text COLLATE "C" NOT NULL,
    subnet_id text COLLATE "C" NOT NULL,
    CONSTRAINT fleet_subnet_pkey PRIMARY KEY (fleet_id, subnet_id),
    CONSTRAINT fleet_subnet_fleet_id_fkey FOREIGN KEY (fleet_id) REFERENCES fleet (id) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT fleet_subnet_subnet_id_fkey FOREIGN KEY (subnet_id) REFERENCES subnet (id) ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE INDEX fleet_subnet_subnet_id_idx ON fleet_subnet (subnet_id);
CREATE CONSTRAINT TRIGGER fleet_subnet_same_environment AFTER INSERT OR UPDATE ON fleet_subnet
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION qairon_link_stays_inside('fleet_id', 'subnet_id', '1', 'environment');

-- The share lock on the network waits for an allocation under way and for a change of the network's own range, and
-- holds up neither other creates nor reads. It is taken before the row exists: an allocation that meets a row whose
-- creator waits for that very allocation is a deadlock, and costs both a second.
CREATE FUNCTION qairon_subnet_within_network() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    outer_cidr cidr;
BEGIN
    SELECT cidr INTO outer_cidr FROM network WHERE id = NEW.network_id FOR SHARE;
    IF FOUND AND NOT NEW.cidr <<= outer_cidr THEN
        PERFORM qairon_refuse('subnet_within_network', TG_TABLE_NAME, 'cidr',
            format('subnet range %s lies outside its network `%s`, which is %s', NEW.cidr, NEW.network_id, outer_cidr),
            'choose a range inside the network, or let `network allocate_subnet` choose one');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER subnet_within_network BEFORE INSERT OR UPDATE OF cidr, network_id ON subnet
    FOR EACH ROW EXECUTE FUNCTION qairon_subnet_within_network();

CREATE FUNCTION qairon_network_contains_subnets() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stray record;
BEGIN
    SELECT id, cidr INTO stray FROM subnet WHERE network_id = NEW.id AND NOT cidr <<= NEW.cidr ORDER BY id LIMIT 1;
    IF FOUND THEN
        PERFORM qairon_refuse('network_contains_subnets', TG_TABLE_NAME, 'cidr',
            format('subnet `%s` (%s) would lie outside its network, which would be %s', stray.id, stray.cidr, NEW.cidr),
            'choose a range that holds every subnet, or remove the subnet first');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER network_contains_subnets AFTER UPDATE OF cidr ON network
    FOR EACH ROW WHEN (OLD.cidr IS DISTINCT FROM NEW.cidr) EXECUTE FUNCTION qairon_network_contains_subnets();
