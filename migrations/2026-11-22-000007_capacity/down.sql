SELECT qairon_unmanage('capacity');
DROP TABLE capacity;
SELECT qairon_unmanage('allocation');
DROP TABLE allocation;
SELECT qairon_unmanage('allocation_type');
DROP TABLE allocation_type;
