-- Which services have `pay` or `shop:pay` in their ID but not in their name, where there are too many to gather? And which `a` or `b:c`, which no index finds, other than as components?

SELECT id
FROM "service"
WHERE strpos(lower(id), $1) > 0 AND strpos(lower(split_part(id, ':', -1)), $2) = 0 AND id > $3
ORDER BY id
LIMIT $4;

SELECT id
FROM "service"
WHERE strpos(lower(id), $1) > 0 AND lower(id) <> $2 AND id > $3
ORDER BY id
LIMIT $4;

SELECT id
FROM "service"
WHERE
    strpos(lower(id), $1) > 0
    AND strpos(':' || lower(id) || ':', $2) = 0
    AND strpos(lower(split_part(id, ':', -1)), $3) = 0
    AND id > $4
ORDER BY id
LIMIT $5;

SELECT id
FROM "service"
WHERE
    strpos(lower(id), $1) > 0
    AND lower(id) <> $2
    AND strpos(':' || lower(id) || ':', $3) = 0
    AND id > $4
ORDER BY id
LIMIT $5;
