DROP TRIGGER network_contains_subnets ON network;
DROP FUNCTION qairon_network_contains_subnets();
DROP TRIGGER subnet_within_network ON subnet;
DROP FUNCTION qairon_subnet_within_network();
DROP TABLE fleet_subnet;
SELECT qairon_unmanage('subnet');
DROP TABLE subnet;
SELECT qairon_unmanage('network');
DROP TABLE network;
