SELECT qairon_unmanage('contact');
DROP TABLE contact;
