-- Which services have `pay` in their name, or in their ID through the stack and the application in it?

WITH
q AS MATERIALIZED (
    SELECT
        $1::text AS text,
        $2::text AS component,
        $3::text AS key,
        $4::text[] AS compatible,
        $5::text[] AS types,
        $6::text[] AS labels,
        $7::bigint AS kind,
        $8::bigint AS entity,
        $9::text AS id,
        $10::bigint AS rows
),
o2 AS MATERIALIZED (
    SELECT
        id,
        CASE
            WHEN lower("id"::text) = (SELECT text FROM q) THEN 1
            WHEN strpos(':' || lower(id) || ':', (SELECT component FROM q)) > 0 THEN CASE WHEN strpos(lower("id"::text), (SELECT text FROM q)) > 0 THEN 2 ELSE 3 END
            WHEN starts_with(lower("id"::text), (SELECT text FROM q)) THEN 4
            WHEN strpos(lower("id"::text), (SELECT text FROM q)) > 0 THEN 5
            ELSE 6
        END AS kind
    FROM "application"
    WHERE ("id" ILIKE (SELECT key FROM q))
    LIMIT 2001
),
a2 AS MATERIALIZED (SELECT id, kind FROM o2),
f2 AS MATERIALIZED (SELECT (SELECT count(*) FROM o2) > 2000 AS names, count(*) > 2000 AS ids FROM a2),
o8 AS MATERIALIZED (
    SELECT
        id,
        CASE
            WHEN lower("name"::text) = (SELECT text FROM q) THEN 1
            WHEN strpos(':' || lower(id) || ':', (SELECT component FROM q)) > 0 THEN CASE WHEN strpos(lower("name"::text), (SELECT text FROM q)) > 0 THEN 2 ELSE 3 END
            WHEN starts_with(lower("name"::text), (SELECT text FROM q)) THEN 4
            WHEN strpos(lower("name"::text), (SELECT text FROM q)) > 0 THEN 5
            ELSE 6
        END AS kind
    FROM "stack"
    WHERE ("name" ILIKE (SELECT key FROM q))
    LIMIT 2001
),
a8 AS MATERIALIZED (
    SELECT id, min(kind) AS kind
    FROM (
        SELECT id, kind
        FROM o8
        UNION ALL
        (
            SELECT c.id, c.kind
            FROM a2 p
            CROSS JOIN
                LATERAL (
                    SELECT
                        id,
                        CASE
                            WHEN lower("name"::text) = (SELECT text FROM q) THEN 1
                            WHEN strpos(':' || lower(id) || ':', (SELECT component FROM q)) > 0 THEN CASE WHEN strpos(lower("name"::text), (SELECT text FROM q)) > 0 THEN 2 ELSE 3 END
                            WHEN starts_with(lower("name"::text), (SELECT text FROM q)) THEN 4
                            WHEN strpos(lower("name"::text), (SELECT text FROM q)) > 0 THEN 5
                            ELSE 6
                        END AS kind
                    FROM "stack"
                    WHERE "application_id" = p.id OFFSET 0
                ) c
            WHERE NOT (SELECT ids FROM f2)
            LIMIT 2001
        )
    ) u
    GROUP BY id
),
f8 AS MATERIALIZED (
    SELECT (SELECT count(*) FROM o8) > 2000 AS names, count(*) > 2000 OR (SELECT ids FROM f2) AS ids
    FROM a8
),
o7 AS MATERIALIZED (
    SELECT
        id,
        CASE
            WHEN lower("name"::text) = (SELECT text FROM q) THEN 1
            WHEN strpos(':' || lower(id) || ':', (SELECT component FROM q)) > 0 THEN CASE WHEN strpos(lower("name"::text), (SELECT text FROM q)) > 0 THEN 2 ELSE 3 END
            WHEN starts_with(lower("name"::text), (SELECT text FROM q)) THEN 4
            WHEN strpos(lower("name"::text), (SELECT text FROM q)) > 0 THEN 5
            ELSE 6
        END AS kind
    FROM "service"
    WHERE ("name" ILIKE (SELECT key FROM q))
    LIMIT 2001
),
a7 AS MATERIALIZED (
    SELECT id, min(kind) AS kind
    FROM (
        SELECT id, kind
        FROM o7
        UNION ALL
        (
            SELECT c.id, c.kind
            FROM a8 p
            CROSS JOIN
                LATERAL (
                    SELECT
                        id,
                        CASE
                            WHEN lower("name"::text) = (SELECT text FROM q) THEN 1
                            WHEN strpos(':' || lower(id) || ':', (SELECT component FROM q)) > 0 THEN CASE WHEN strpos(lower("name"::text), (SELECT text FROM q)) > 0 THEN 2 ELSE 3 END
                            WHEN starts_with(lower("name"::text), (SELECT text FROM q)) THEN 4
                            WHEN strpos(lower("name"::text), (SELECT text FROM q)) > 0 THEN 5
                            ELSE 6
                        END AS kind
                    FROM "service"
                    WHERE "stack_id" = p.id OFFSET 0
                ) c
            WHERE NOT (SELECT ids FROM f8)
            LIMIT 2001
        )
    ) u
    GROUP BY id
),
f7 AS MATERIALIZED (
    SELECT (SELECT count(*) FROM o7) > 2000 AS names, count(*) > 2000 OR (SELECT ids FROM f8) AS ids
    FROM a7
)
SELECT kind::bigint, entity::bigint, id
FROM (
    SELECT kind, entity, id
    FROM (
        SELECT kind, 2, id
        FROM o7
        WHERE kind NOT IN (3, 6)
            AND NOT (SELECT names FROM f7)
        UNION ALL
        SELECT kind, 2, id
        FROM a7
        WHERE kind IN (3, 6)
            AND NOT (SELECT ids FROM f7)
    ) known (kind, entity, id)
    WHERE
        (kind::bigint, entity::bigint, id) > ((SELECT kind FROM q), (SELECT entity FROM q), (SELECT id FROM q))
    ORDER BY kind, entity, id
    LIMIT (SELECT rows FROM q)
) first
UNION ALL
SELECT CASE WHEN names THEN 0 ELSE -1 END, 2, ''
FROM f7
WHERE ids;
