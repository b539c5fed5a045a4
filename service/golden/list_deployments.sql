-- Which deployments of a stack come next, by their target and release, and how many are there in all?

SELECT t0."id", t0."tag", o1."name"::text, t0."current_release_id"::text, t0."id"::text
FROM "deployment" t0
JOIN "deployment_target" o1 ON o1."id" = t0."deployment_target_id"
WHERE
    (("t0"."service_id" >= $1::text AND "t0"."service_id" < $2::text))
    AND o1."name" <= $3
    AND (
        (o1."name" < $4)
        OR (o1."name" = $5 AND false)
        OR (o1."name" = $6 AND t0."current_release_id" IS NULL AND t0."id" > $7)
    )
ORDER BY o1."name" DESC, t0."current_release_id", t0."id"
LIMIT $8;

SELECT count(*)
FROM "deployment" t0
WHERE (("t0"."service_id" >= $1::text AND "t0"."service_id" < $2::text));
