-- Which objects does their provider call `i-0abc`, whatever they are?

SELECT entity, id
FROM (
    SELECT 3::bigint AS entity, id
    FROM "deployment_target"
    WHERE native_id = $1
    UNION ALL
    SELECT 27::bigint AS entity, id
    FROM "fleet"
    WHERE native_id = $2
    UNION ALL
    SELECT 29::bigint AS entity, id
    FROM "partition"
    WHERE native_id = $3
    UNION ALL
    SELECT 30::bigint AS entity, id
    FROM "provider"
    WHERE native_id = $4
    UNION ALL
    SELECT 32::bigint AS entity, id
    FROM "region"
    WHERE native_id = $5
    UNION ALL
    SELECT 33::bigint AS entity, id
    FROM "zone"
    WHERE native_id = $6
    UNION ALL
    SELECT 34::bigint AS entity, id
    FROM "network"
    WHERE native_id = $7
    UNION ALL
    SELECT 35::bigint AS entity, id
    FROM "subnet"
    WHERE native_id = $8
) found
WHERE (entity, id) > ($9, $10)
ORDER BY entity, id
LIMIT $11;
