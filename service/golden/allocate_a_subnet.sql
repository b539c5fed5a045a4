-- Which ranges are taken in a network, which is locked first? The gaps between them are free.

SELECT cidr::text
FROM "network"
WHERE id = $1
FOR UPDATE;

SELECT cidr
FROM "subnet"
WHERE network_id = $1
ORDER BY cidr;
