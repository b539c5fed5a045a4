-- Dependencies between any two objects.

CREATE TABLE dependency_case (
    id text COLLATE "C" NOT NULL,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    relatable_type text COLLATE "C" NOT NULL,
    related_type text COLLATE "C" NOT NULL,
    allowed_relationship text COLLATE "C" NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT dependency_case_pkey PRIMARY KEY (id),
    CONSTRAINT dependency_case_uid_key UNIQUE (uid),
    CONSTRAINT dependency_case_id_name_check CHECK (qairon_is_name(id)),
    CONSTRAINT dependency_case_relatable_type_fkey FOREIGN KEY (relatable_type) REFERENCES qairon_entity (type) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT dependency_case_related_type_fkey FOREIGN KEY (related_type) REFERENCES qairon_entity (type) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT dependency_case_allowed_relationship_enum_check CHECK (allowed_relationship IN ('OTO', 'OTM')),
    CONSTRAINT dependency_case_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
SELECT qairon_manage('dependency_case', 'DependencyCase');

CREATE TABLE relatable (
    id text COLLATE "C" GENERATED ALWAYS AS (relatable_type || ':' || object_id) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    relatable_type text COLLATE "C" NOT NULL,
    object_id text COLLATE "C" NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT relatable_pkey PRIMARY KEY (id),
    CONSTRAINT relatable_uid_key UNIQUE (uid),
    CONSTRAINT relatable_id_length_check CHECK (octet_length(id) <= 2600),
    CONSTRAINT relatable_relatable_type_fkey FOREIGN KEY (relatable_type) REFERENCES qairon_entity (type) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT relatable_relatable_type_object_id_key UNIQUE (relatable_type, object_id),
    CONSTRAINT relatable_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
SELECT qairon_manage('relatable', 'Relatable');

CREATE TABLE dependency (
    id text COLLATE "C" GENERATED ALWAYS AS (dependency_case_id || ':' || relatable_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    dependency_case_id text COLLATE "C" NOT NULL,
    relatable_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT dependency_pkey PRIMARY KEY (id),
    CONSTRAINT dependency_uid_key UNIQUE (uid),
    CONSTRAINT dependency_id_length_check CHECK (octet_length(id) <= 2600),
    CONSTRAINT dependency_dependency_case_id_fkey FOREIGN KEY (dependency_case_id) REFERENCES dependency_case (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT dependency_relatable_id_fkey FOREIGN KEY (relatable_id) REFERENCES relatable (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT dependency_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT dependency_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX dependency_dependency_case_id_idx ON dependency (dependency_case_id);
CREATE INDEX dependency_relatable_id_idx ON dependency (relatable_id);
SELECT qairon_manage('dependency', 'Dependency');

CREATE TABLE related (
    id text COLLATE "C" GENERATED ALWAYS AS (related_type || ':' || dependency_id || ':' || object_id) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    dependency_id text COLLATE "C" NOT NULL,
    related_type text COLLATE "C" NOT NULL,
    object_id text COLLATE "C" NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT related_pkey PRIMARY KEY (id),
    CONSTRAINT related_uid_key UNIQUE (uid),
    CONSTRAINT related_id_length_check CHECK (octet_length(id) <= 2600),
    CONSTRAINT related_dependency_id_fkey FOREIGN KEY (dependency_id) REFERENCES dependency (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT related_related_type_fkey FOREIGN KEY (related_type) REFERENCES qairon_entity (type) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT related_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX related_dependency_id_idx ON related (dependency_id);
CREATE INDEX related_related_type_object_id_idx ON related (related_type, object_id);
SELECT qairon_manage('related', 'Related');

-- Types are set once: the objects named under them could not be of another type.
CREATE TRIGGER dependency_case_relatable_type_fixed BEFORE UPDATE OF relatable_type ON dependency_case
    FOR EACH ROW EXECUTE FUNCTION qairon_fixed('relatable_type');
CREATE TRIGGER dependency_case_related_type_fixed BEFORE UPDATE OF related_type ON dependency_case
    FOR EACH ROW EXECUTE FUNCTION qairon_fixed('related_type');
CREATE TRIGGER relatable_relatable_type_fixed BEFORE UPDATE OF relatable_type ON relatable
    FOR EACH ROW EXECUTE FUNCTION qairon_fixed('relatable_type');
CREATE TRIGGER related_related_type_fixed BEFORE UPDATE OF related_type ON related
    FOR EACH ROW EXECUTE FUNCTION qairon_fixed('related_type');

-- The object that a record names exists when it is named. From then on the triggers of the object's own table (see
-- qairon_manage) keep it and follow its renames.
CREATE TRIGGER relatable_object_id_exists AFTER INSERT OR UPDATE OF object_id ON relatable
    FOR EACH ROW EXECUTE FUNCTION qairon_object_exists('relatable_type');
CREATE TRIGGER related_object_id_exists AFTER INSERT OR UPDATE OF object_id ON related
    FOR EACH ROW EXECUTE FUNCTION qairon_object_exists('related_type');

CREATE FUNCTION qairon_dependency_relatable_type() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT c.id AS case_id, c.relatable_type AS wanted, r.relatable_type AS given INTO bad
        FROM dependency_case c, relatable r
        WHERE c.id = NEW.dependency_case_id AND r.id = NEW.relatable_id AND c.relatable_type <> r.relatable_type;
    IF FOUND THEN
        PERFORM qairon_refuse('dependency_relatable_type', TG_TABLE_NAME, 'relatable_id',
            format('dependency case `%s` is for objects of type %s, not %s', bad.case_id, bad.wanted, bad.given),
            'name a relatable of the type of the case, or choose another case');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER dependency_relatable_type AFTER INSERT OR UPDATE OF dependency_case_id, relatable_id ON dependency
    FOR EACH ROW EXECUTE FUNCTION qairon_dependency_relatable_type();

-- What a dependency has been related to already must fit the case it moves to.
CREATE FUNCTION qairon_dependency_case_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT c.id AS case_id, c.related_type, c.allowed_relationship, count(*) AS relateds,
           min(r.related_type) FILTER (WHERE r.related_type <> c.related_type) AS other INTO bad
        FROM dependency_case c JOIN related r ON r.dependency_id = NEW.id
        WHERE c.id = NEW.dependency_case_id
        GROUP BY c.id, c.related_type, c.allowed_relationship;
    IF bad.other IS NOT NULL THEN
        PERFORM qairon_refuse('related_type_of_case', TG_TABLE_NAME, 'dependency_case_id',
            format('dependency case `%s` relates to objects of type %s, not %s', bad.case_id, bad.related_type, bad.other),
            'remove the related objects first, or choose another case');
    ELSIF bad.allowed_relationship = 'OTO' AND bad.relateds > 1 THEN
        PERFORM qairon_refuse('related_one_to_one', TG_TABLE_NAME, 'dependency_case_id',
            format('dependency case `%s` is one-to-one, and this dependency has %s related objects', bad.case_id, bad.relateds),
            'remove related objects until one is left, or choose another case');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER dependency_case_fits AFTER UPDATE OF dependency_case_id ON dependency
    FOR EACH ROW EXECUTE FUNCTION qairon_dependency_case_fits();

-- The share lock keeps the case as it is until commit; the lock on a one-to-one dependency lets one writer at a time
-- count its related objects.
CREATE FUNCTION qairon_related_fits_case() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rule record;
    others bigint;
BEGIN
    SELECT c.id, c.related_type, c.allowed_relationship INTO rule
        FROM dependency d JOIN dependency_case c ON c.id = d.dependency_case_id
        WHERE d.id = NEW.dependency_id FOR SHARE OF c;
    IF rule.related_type <> NEW.related_type THEN
        PERFORM qairon_refuse('related_type_of_case', TG_TABLE_NAME, 'related_type',
            format('dependency case `%s` relates to objects of type %s, not %s', rule.id, rule.related_type, NEW.related_type),
            format('relate an object of type %s, or use a dependency of another case', rule.related_type));
    END IF;
    IF rule.allowed_relationship = 'OTO' THEN
        PERFORM FROM dependency WHERE id = NEW.dependency_id FOR NO KEY UPDATE;
        SELECT count(*) INTO others FROM related WHERE dependency_id = NEW.dependency_id AND uid <> NEW.uid;
        IF others > 0 THEN
            PERFORM qairon_refuse('related_one_to_one', TG_TABLE_NAME, 'dependency_id',
                format('dependency `%s` is one-to-one and has its related object', NEW.dependency_id),
                'remove that one first, or use a dependency of a one-to-many case');
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER related_fits_case AFTER INSERT OR UPDATE OF dependency_id ON related
    FOR EACH ROW EXECUTE FUNCTION qairon_related_fits_case();

CREATE FUNCTION qairon_dependency_case_narrowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT d.id, count(*) AS relateds INTO bad
        FROM dependency d JOIN related r ON r.dependency_id = d.id
        WHERE d.dependency_case_id = NEW.id GROUP BY d.id HAVING count(*) > 1 ORDER BY d.id LIMIT 1;
    IF FOUND THEN
        PERFORM qairon_refuse('related_one_to_one', TG_TABLE_NAME, 'allowed_relationship',
            format('dependency `%s` has %s related objects', bad.id, bad.relateds),
            'remove related objects until each dependency of the case has one');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER dependency_case_narrowed AFTER UPDATE OF allowed_relationship ON dependency_case
    FOR EACH ROW WHEN (NEW.allowed_relationship = 'OTO' AND OLD.allowed_relationship <> 'OTO')
    EXECUTE FUNCTION qairon_dependency_case_narrowed();
