DROP FUNCTION qairon_json_change(jsonb, jsonb, text, text);
DROP FUNCTION qairon_json_set(jsonb, text[], jsonb, text, text);
