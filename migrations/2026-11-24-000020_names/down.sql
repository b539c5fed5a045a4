DO $$
DECLARE
    watching record;
BEGIN
    FOR watching IN SELECT tgname, tgrelid::regclass AS entity FROM pg_trigger WHERE tgfoid = 'qairon_refuse_name'::regproc
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', watching.tgname, watching.entity);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION qairon_unmanage(entity text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER %I ON %I', entity || '_object_renamed', entity);
    EXECUTE format('DROP TRIGGER %I ON %I', entity || '_object_deleted', entity);
    EXECUTE format('DROP TRIGGER %I ON %I', entity || '_touch', entity);
    DELETE FROM qairon_entity WHERE name = entity;
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
END $$;

DROP FUNCTION qairon_watch_names(text);
DROP FUNCTION qairon_refuse_name();
DROP FUNCTION qairon_is_new_name(text);
DROP FUNCTION qairon_invisible_in(text);
