SELECT qairon_unmanage('proc');
DROP TABLE proc;
SELECT qairon_unmanage('service');
DROP TABLE service;
SELECT qairon_unmanage('stack');
DROP TABLE stack;
SELECT qairon_unmanage('application');
DROP TABLE application;
