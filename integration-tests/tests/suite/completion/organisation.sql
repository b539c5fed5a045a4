INSERT INTO environment (id) VALUES ('prod');
INSERT INTO provider_type (id) VALUES ('aws');
INSERT INTO provider (environment_id, provider_type_id, native_id) VALUES ('prod', 'aws', 'acct');
INSERT INTO region (provider_id, name) VALUES ('prod:aws:acct', 'us-east'), ('prod:aws:acct', 'us-west');
INSERT INTO zone (region_id, name) VALUES
    ('prod:aws:acct:us-east', 'a'), ('prod:aws:acct:us-east', 'b'), ('prod:aws:acct:us-east', 'c'),
    ('prod:aws:acct:us-west', 'a');
INSERT INTO partition (region_id, name) VALUES ('prod:aws:acct:us-east', 'main'), ('prod:aws:acct:us-west', 'main');
INSERT INTO deployment_target_type (id) VALUES ('eks');
INSERT INTO deployment_target (partition_id, deployment_target_type_id, name) VALUES
    ('prod:aws:acct:us-east:main', 'eks', 'web'), ('prod:aws:acct:us-west:main', 'eks', 'web');
INSERT INTO application (id) VALUES ('shop');
INSERT INTO stack (application_id, name) VALUES ('shop', 'cart'), ('shop', 'pay'), ('shop', 'web');
INSERT INTO service (stack_id, name) VALUES ('shop:cart', 'api');
-- More than one answer holds.
INSERT INTO service (stack_id, name) SELECT 'shop:web', 's' || n FROM generate_series(1, 150) n;
INSERT INTO deployment (deployment_target_id, service_id) VALUES
    ('prod:aws:acct:us-east:main:eks:web', 'shop:cart:api'), ('prod:aws:acct:us-west:main:eks:web', 'shop:cart:api');
INSERT INTO deployment_zone (deployment_id, zone_id) VALUES
    ('prod:aws:acct:us-east:main:eks:web:shop:cart:api:default', 'prod:aws:acct:us-east:a'),
    ('prod:aws:acct:us-east:main:eks:web:shop:cart:api:default', 'prod:aws:acct:us-east:b'),
    ('prod:aws:acct:us-west:main:eks:web:shop:cart:api:default', 'prod:aws:acct:us-west:a');
