-- Which services are there in a stack, and which objects is each linked to?

SELECT
    t0."id",
    t0."stack_id",
    t0."name",
    (
        SELECT string_agg(l."repo_id", E'\n' ORDER BY l."repo_id")
        FROM "service_repo" l
        WHERE l."service_id" = t0."id"
    )
FROM "service" t0
WHERE ((("t0"."id" >= $1::text AND "t0"."id" < $2::text)))
ORDER BY t0."id";
