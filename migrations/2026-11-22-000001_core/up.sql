-- What every entity table shares: the grammar of names, the keeping of times and versions, and the triggers that keep
-- records which name any object (relatable, related) true to it.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- The entities, as the tables managed by qairon_manage.
CREATE TABLE qairon_entity (
    name text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    CONSTRAINT qairon_entity_pkey PRIMARY KEY (name),
    CONSTRAINT qairon_entity_type_key UNIQUE (type)
);

-- First results of calls that carried a request ID.
CREATE TABLE idempotency (
    request_id text COLLATE "C" NOT NULL,
    method text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    response bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_pkey PRIMARY KEY (request_id)
);
CREATE INDEX idempotency_created_at_idx ON idempotency (created_at);

-- A UUID of version 7 (RFC 9562): milliseconds since 1970, then random bits.
CREATE FUNCTION qairon_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6
    ), 52, 1), 53, 1), 'hex')::uuid
$$;

-- A name is 1 to 253 bytes without `:`, white space or control characters. The classes of a regular expression know
-- ASCII alone under the collation "C", so the white space and the controls of Unicode are listed.
CREATE FUNCTION qairon_is_name(value text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT octet_length(value) BETWEEN 1 AND 253
        AND value COLLATE "C" !~ '[\u0001-\u0020:\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]'
$$;

-- Raises the violation of a rule. Message and hint are shown to callers; the service maps the name of the rule.
CREATE FUNCTION qairon_refuse(rule text, on_table text, on_column text, message text, remedy text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = rule, TABLE = on_table, COLUMN = on_column,
        MESSAGE = message, HINT = remedy;
END $$;

CREATE FUNCTION qairon_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.uid := OLD.uid;
    NEW.created_at := OLD.created_at;
    NEW.last_updated_at := greatest(now(), OLD.last_updated_at);
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;

CREATE FUNCTION qairon_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(OLD) ->> TG_ARGV[0] IS DISTINCT FROM to_jsonb(NEW) ->> TG_ARGV[0] THEN
        PERFORM qairon_refuse(format('%s_%s_fixed', TG_TABLE_NAME, TG_ARGV[0]), TG_TABLE_NAME, TG_ARGV[0],
            format('`%s` of `%s` is set once and cannot change', TG_ARGV[0], OLD.id),
            'create another object instead');
    END IF;
    RETURN NEW;
END $$;

-- The row that names an object of any type. The key share lock keeps the object until commit, as that of a foreign
-- key would.
CREATE FUNCTION qairon_object_exists() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entity text;
    object_type text := to_jsonb(NEW) ->> TG_ARGV[0];
    found_one boolean;
BEGIN
    SELECT name INTO entity FROM qairon_entity WHERE type = object_type;
    IF entity IS NOT NULL THEN
        EXECUTE format('SELECT true FROM %I WHERE id = $1 FOR KEY SHARE', entity) INTO found_one USING NEW.object_id;
    END IF;
    IF found_one IS NULL THEN
        PERFORM qairon_refuse(format('%s_object_id_exists', TG_TABLE_NAME), TG_TABLE_NAME, 'object_id',
            format('there is no %s `%s`', object_type, NEW.object_id), 'create it first, or correct the ID');
    END IF;
    RETURN NULL;
END $$;

-- An object is not deleted under the records that name it. Checked at commit, so that both can go together.
CREATE FUNCTION qairon_object_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    holder text;
BEGIN
    SELECT id INTO holder FROM relatable WHERE relatable_type = TG_ARGV[0] AND object_id = OLD.id LIMIT 1;
    IF holder IS NULL THEN
        SELECT id INTO holder FROM related WHERE related_type = TG_ARGV[0] AND object_id = OLD.id LIMIT 1;
    END IF;
    IF holder IS NOT NULL AND qairon_object_is_gone(TG_TABLE_NAME, OLD.id) THEN
        PERFORM qairon_refuse('object_has_dependents', TG_TABLE_NAME, 'id',
            format('`%s` is named by `%s`', OLD.id, holder), 'delete that one first, or use force');
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION qairon_object_is_gone(entity text, object_id text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    found_one boolean;
BEGIN
    EXECUTE format('SELECT true FROM %I WHERE id = $1', entity) INTO found_one USING object_id;
    RETURN found_one IS NULL;
END $$;

-- The records that name an object follow it when it is re-keyed. An ID with two parents below the renamed object
-- changes twice in one cascade, and may have changed again before this is told of the first time: it is read anew.
CREATE FUNCTION qairon_object_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    present text;
BEGIN
    EXECUTE format('SELECT id FROM %I WHERE uid = $1', TG_TABLE_NAME) INTO present USING NEW.uid;
    UPDATE relatable SET object_id = present WHERE relatable_type = TG_ARGV[0] AND object_id = OLD.id;
    UPDATE related SET object_id = present WHERE related_type = TG_ARGV[0] AND object_id = OLD.id;
    RETURN NULL;
END $$;

-- A link stays inside one environment, region or partition: the leading components of both IDs agree. Checked at
-- commit, for while a re-keying cascades one end changes before the other; a link that has another key by then has
-- been checked under that one.
CREATE FUNCTION qairon_link_stays_inside() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner_id text := to_jsonb(NEW) ->> TG_ARGV[0];
    target_id text := to_jsonb(NEW) ->> TG_ARGV[1];
    components int := TG_ARGV[2]::int;
    stands boolean;
BEGIN
    IF (string_to_array(owner_id, ':'))[1:components] = (string_to_array(target_id, ':'))[1:components] THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT true FROM %I WHERE %I = $1 AND %I = $2', TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[1])
        INTO stands USING owner_id, target_id;
    IF stands THEN
        PERFORM qairon_refuse(format('%s_same_%s', TG_TABLE_NAME, TG_ARGV[3]), TG_TABLE_NAME, TG_ARGV[1],
            format('`%s` and `%s` are not in the same %s', owner_id, target_id, TG_ARGV[3]),
            format('link objects of one %s only', TG_ARGV[3]));
    END IF;
    RETURN NULL;
END $$;

-- Makes a table an entity: registers it and installs the triggers that every entity has. The last line of the
-- migration that creates the table.
CREATE FUNCTION qairon_manage(entity text, entity_type text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO qairon_entity (name, type) VALUES (entity, entity_type);
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION qairon_touch()',
        entity || '_touch', entity);
    EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER DELETE ON %I DEFERRABLE INITIALLY DEFERRED '
        'FOR EACH ROW EXECUTE FUNCTION qairon_object_deleted(%L)', entity || '_object_deleted', entity, entity_type);
    EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) '
        'EXECUTE FUNCTION qairon_object_renamed(%L)', entity || '_object_renamed', entity, entity_type);
END $$;

CREATE FUNCTION qairon_unmanage(entity text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER %I ON %I', entity || '_object_renamed', entity);
    EXECUTE format('DROP TRIGGER %I ON %I', entity || '_object_deleted', entity);
    EXECUTE format('DROP TRIGGER %I ON %I', entity || '_touch', entity);
    DELETE FROM qairon_entity WHERE name = entity;
END $$;
