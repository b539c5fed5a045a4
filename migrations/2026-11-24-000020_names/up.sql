-- Names that look the same are the same: none has a character that nobody sees, and all are in Unicode's composed form
-- (NFC). Asked of a name when it is given and when it changes, not of every row that is written: objects that have
-- another one since before stay as they are, can be changed, and be renamed. So it is triggers that ask, one for each
-- column that holds a name, which are the columns that have a `name_check`.

-- The first invisible character of a text. These are the characters of Unicode's category Cf, the others that it lists
-- as default ignorable, and two that are empty in every font (U+2800, U+1D159).
CREATE FUNCTION qairon_invisible_in(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT substring(value COLLATE "C" FROM '[\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]')
$$;

-- Whether a name can be given. Most are ASCII, where nothing is invisible or composed.
CREATE FUNCTION qairon_is_new_name(value text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT octet_length(value) = char_length(value) OR (qairon_invisible_in(value) IS NULL AND value IS NFC NORMALIZED)
$$;

-- Says what is wrong with a name.
CREATE FUNCTION qairon_refuse_name() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text := to_jsonb(NEW) ->> TG_ARGV[0];
    bad text := qairon_invisible_in(name);
    is_invisible boolean := bad IS NOT NULL;
    place int := strpos(name, bad);
    remedy text := 'leave it out';
BEGIN
    IF NOT is_invisible THEN
        SELECT min(n) INTO place FROM generate_series(1, char_length(name)) n
            WHERE substr(name, n, 1) COLLATE "C" IS DISTINCT FROM substr(normalize(name, NFC), n, 1);
        bad := substr(name, place, 1);
        remedy := 'normalize it to NFC';
    END IF;
    PERFORM qairon_refuse(format('%s_%s_new_name', TG_TABLE_NAME, TG_ARGV[0]), TG_TABLE_NAME, TG_ARGV[0],
        format(CASE WHEN is_invisible THEN '`%s` must have no invisible characters, and has U+%s at position %s'
                    ELSE '`%s` must be in Unicode''s composed form (NFC), and has U+%s at position %s, which that form writes otherwise' END,
            TG_ARGV[0], lpad(upper(to_hex(ascii(bad))), 4, '0'), place),
        remedy);
    RETURN NULL;
END $$;

-- Has the names of an entity looked at.
CREATE FUNCTION qairon_watch_names(entity text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT a.attname FROM pg_constraint k
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        WHERE k.conrelid = format('%I', entity)::regclass AND k.conname = format('%s_%s_name_check', entity, a.attname)
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE INSERT ON %I FOR EACH ROW '
            'WHEN (NOT qairon_is_new_name(NEW.%I) AND qairon_is_name(NEW.%3$I)) EXECUTE FUNCTION qairon_refuse_name(%3$L)',
            format('%s_%s_name_given', entity, name), entity, name);
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OF %3$I ON %2$I FOR EACH ROW '
            'WHEN (OLD.%3$I IS DISTINCT FROM NEW.%3$I AND NOT qairon_is_new_name(NEW.%3$I) AND qairon_is_name(NEW.%3$I)) '
            'EXECUTE FUNCTION qairon_refuse_name(%3$L)',
            format('%s_%s_name_changed', entity, name), entity, name);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION qairon_manage(entity text, entity_type text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO qairon_entity (name, type) VALUES (entity, entity_type);
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION qairon_touch()',
        entity || '_touch', entity);
    EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER DELETE ON %I DEFERRABLE INITIALLY DEFERRED '
        'FOR EACH ROW EXECUTE FUNCTION qairon_object_deleted(%L)', entity || '_object_deleted', entity, entity_type);
    EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) '
        'EXECUTE FUNCTION qairon_object_renamed(%L)', entity || '_object_renamed', entity, entity_type);
    PERFORM qairon_watch_names(entity);
END $$;

CREATE OR REPLACE FUNCTION qairon_unmanage(entity text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    watching text;
BEGIN
    FOR watching IN SELECT tgname FROM pg_trigger
        WHERE tgrelid = format('%I', entity)::regclass AND tgfoid = 'qairon_refuse_name'::regproc
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %I', watching, entity);
    END LOOP;
    EXECUTE format('DROP TRIGGER %I ON %I', entity || '_object_renamed', entity);
    EXECUTE format('DROP TRIGGER %I ON %I', entity || '_object_deleted', entity);
    EXECUTE format('DROP TRIGGER %I ON %I', entity || '_touch', entity);
    DELETE FROM qairon_entity WHERE name = entity;
END $$;

SELECT qairon_watch_names(name) FROM qairon_entity;
