-- Setting and removing single keys of a JSON object, in the statement that holds the row: of two writers at once each
-- keeps what the other has set.

-- The object with a value at a path of keys; without a value, what is there is removed. Objects on the way that are
-- missing are made for a value. `place` is the path so far, for the refusal.
CREATE FUNCTION qairon_json_set(holder jsonb, path text[], value jsonb, on_table text, place text) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    IF holder IS NULL OR jsonb_typeof(holder) = 'null' THEN
        IF value IS NULL THEN
            RETURN holder;
        END IF;
        holder := '{}';
    ELSIF jsonb_typeof(holder) <> 'object' THEN
        PERFORM qairon_refuse('json_key_holder', on_table, place,
            format('`%s` holds %s, which has no keys', place,
                CASE jsonb_typeof(holder) WHEN 'array' THEN 'a list' WHEN 'string' THEN 'a text' ELSE 'a ' || jsonb_typeof(holder) END),
            format('set `%s` as a whole', place));
    END IF;
    IF cardinality(path) > 1 THEN
        value := qairon_json_set(holder -> path[1], path[2:], value, on_table, place || '.' || path[1]);
        IF value IS NULL THEN
            RETURN holder;
        END IF;
    ELSIF value IS NULL THEN
        RETURN holder - path[1];
    END IF;
    RETURN holder || jsonb_build_object(path[1], value);
END $$;

-- The object after changes: a list of paths, each with the value to set or, without one, to be removed.
--
-- The service measures what it is sent; what single keys add up to is measured here. As PostgreSQL writes it JSON has
-- white space, so the limit is one and a half times that of an object that is sent as a whole.
CREATE FUNCTION qairon_json_change(object jsonb, changes jsonb, on_table text, on_column text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    change jsonb;
BEGIN
    FOR change IN SELECT c FROM jsonb_array_elements(changes) c LOOP
        object := qairon_json_set(object, ARRAY(SELECT jsonb_array_elements_text(change -> 0)), change -> 1, on_table, on_column);
    END LOOP;
    IF octet_length(object::text) > 1572864 THEN
        PERFORM qairon_refuse('json_size', on_table, on_column,
            format('`%s` would take more than 1.5 MiB of JSON', on_column), 'remove what is not needed');
    END IF;
    RETURN object;
END $$;
