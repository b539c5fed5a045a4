-- Which services have `a` or `b:c` in their ID but not in their name, where there are too many to gather?

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
