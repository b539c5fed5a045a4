-- Repositories, builds and releases, and the deployments they reach.

CREATE TABLE repo_type (
    id text COLLATE "C" NOT NULL,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT repo_type_pkey PRIMARY KEY (id),
    CONSTRAINT repo_type_uid_key UNIQUE (uid),
    CONSTRAINT repo_type_id_name_check CHECK (qairon_is_name(id)),
    CONSTRAINT repo_type_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
SELECT qairon_manage('repo_type', 'RepoType');

CREATE TABLE repo (
    id text COLLATE "C" GENERATED ALWAYS AS (repo_type_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    repo_type_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    url text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT repo_pkey PRIMARY KEY (id),
    CONSTRAINT repo_uid_key UNIQUE (uid),
    CONSTRAINT repo_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT repo_repo_type_id_fkey FOREIGN KEY (repo_type_id) REFERENCES repo_type (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT repo_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT repo_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX repo_repo_type_id_idx ON repo (repo_type_id);
SELECT qairon_manage('repo', 'Repo');

CREATE TABLE build (
    id text COLLATE "C" GENERATED ALWAYS AS (service_id || ':' || build_num::text) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    service_id text COLLATE "C" NOT NULL,
    build_num bigint NOT NULL,
    vcs_ref text COLLATE "C" NOT NULL,
    ver text COLLATE "C" GENERATED ALWAYS AS (regexp_replace(vcs_ref, '[^0-9a-zA-Z.-]', '-', 'g')) STORED,
    git_tag text COLLATE "C" GENERATED ALWAYS AS (vcs_ref) STORED,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT build_pkey PRIMARY KEY (id),
    CONSTRAINT build_uid_key UNIQUE (uid),
    CONSTRAINT build_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT build_service_id_fkey FOREIGN KEY (service_id) REFERENCES service (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT build_build_num_range_check CHECK (build_num >= 0),
    CONSTRAINT build_vcs_ref_required_check CHECK (vcs_ref <> ''),
    CONSTRAINT build_vcs_ref_length_check CHECK (octet_length(vcs_ref) <= 2000),
    CONSTRAINT build_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX build_service_id_idx ON build (service_id);
CREATE INDEX build_vcs_ref_idx ON build (vcs_ref);
SELECT qairon_manage('build', 'Build');

CREATE TABLE build_artifact (
    id text COLLATE "C" GENERATED ALWAYS AS (build_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    build_id text COLLATE "C" NOT NULL,
    input_repo_id text COLLATE "C" NOT NULL,
    output_repo_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    upload_path text COLLATE "C" NOT NULL,
    data jsonb,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT build_artifact_pkey PRIMARY KEY (id),
    CONSTRAINT build_artifact_uid_key UNIQUE (uid),
    CONSTRAINT build_artifact_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT build_artifact_build_id_fkey FOREIGN KEY (build_id) REFERENCES build (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT build_artifact_input_repo_id_fkey FOREIGN KEY (input_repo_id) REFERENCES repo (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT build_artifact_output_repo_id_fkey FOREIGN KEY (output_repo_id) REFERENCES repo (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT build_artifact_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT build_artifact_upload_path_required_check CHECK (upload_path <> ''),
    CONSTRAINT build_artifact_data_object_check CHECK (jsonb_typeof(data) = 'object'),
    CONSTRAINT build_artifact_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX build_artifact_build_id_idx ON build_artifact (build_id);
CREATE INDEX build_artifact_input_repo_id_idx ON build_artifact (input_repo_id);
CREATE INDEX build_artifact_output_repo_id_idx ON build_artifact (output_repo_id);
SELECT qairon_manage('build_artifact', 'BuildArtifact');

CREATE TABLE deployment (
    id text COLLATE "C" GENERATED ALWAYS AS (deployment_target_id || ':' || service_id || ':' || tag) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    deployment_target_id text COLLATE "C" NOT NULL,
    service_id text COLLATE "C" NOT NULL,
    tag text COLLATE "C" NOT NULL DEFAULT 'default',
    current_release_id text COLLATE "C",
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT deployment_pkey PRIMARY KEY (id),
    CONSTRAINT deployment_uid_key UNIQUE (uid),
    CONSTRAINT deployment_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT deployment_deployment_target_id_fkey FOREIGN KEY (deployment_target_id) REFERENCES deployment_target (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT deployment_service_id_fkey FOREIGN KEY (service_id) REFERENCES service (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT deployment_tag_name_check CHECK (qairon_is_name(tag)),
    CONSTRAINT deployment_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX deployment_deployment_target_id_idx ON deployment (deployment_target_id);
CREATE INDEX deployment_service_id_idx ON deployment (service_id);
CREATE INDEX deployment_current_release_id_idx ON deployment (current_release_id);
SELECT qairon_manage('deployment', 'Deployment');

CREATE TABLE release (
    id text COLLATE "C" GENERATED ALWAYS AS (deployment_id || ':' || build_num::text) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    build_id text COLLATE "C" NOT NULL,
    deployment_id text COLLATE "C" NOT NULL,
    build_num bigint NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT release_pkey PRIMARY KEY (id),
    CONSTRAINT release_uid_key UNIQUE (uid),
    CONSTRAINT release_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT release_build_id_fkey FOREIGN KEY (build_id) REFERENCES build (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT release_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployment (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT release_build_num_range_check CHECK (build_num >= 0),
    CONSTRAINT release_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX release_build_id_idx ON release (build_id);
CREATE INDEX release_deployment_id_idx ON release (deployment_id);
SELECT qairon_manage('release', 'Release');

CREATE TABLE release_artifact (
    id text COLLATE "C" GENERATED ALWAYS AS (release_id || ':' || name) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    release_id text COLLATE "C" NOT NULL,
    input_repo_id text COLLATE "C" NOT NULL,
    output_repo_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    upload_path text COLLATE "C" NOT NULL,
    data jsonb,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT release_artifact_pkey PRIMARY KEY (id),
    CONSTRAINT release_artifact_uid_key UNIQUE (uid),
    CONSTRAINT release_artifact_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT release_artifact_release_id_fkey FOREIGN KEY (release_id) REFERENCES release (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT release_artifact_input_repo_id_fkey FOREIGN KEY (input_repo_id) REFERENCES repo (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT release_artifact_output_repo_id_fkey FOREIGN KEY (output_repo_id) REFERENCES repo (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT release_artifact_name_name_check CHECK (qairon_is_name(name)),
    CONSTRAINT release_artifact_upload_path_required_check CHECK (upload_path <> ''),
    CONSTRAINT release_artifact_data_object_check CHECK (jsonb_typeof(data) = 'object'),
    CONSTRAINT release_artifact_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX release_artifact_release_id_idx ON release_artifact (release_id);
CREATE INDEX release_artifact_input_repo_id_idx ON release_artifact (input_repo_id);
CREATE INDEX release_artifact_output_repo_id_idx ON release_artifact (output_repo_id);
SELECT qairon_manage('release_artifact', 'ReleaseArtifact');

CREATE TABLE deployment_proc (
    id text COLLATE "C" GENERATED ALWAYS AS (deployment_id || ':' || proc_id) STORED,
    uid uuid NOT NULL DEFAULT qairon_uuid7(),
    deployment_id text COLLATE "C" NOT NULL,
    proc_id text COLLATE "C" NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_updated_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT deployment_proc_pkey PRIMARY KEY (id),
    CONSTRAINT deployment_proc_uid_key UNIQUE (uid),
    CONSTRAINT deployment_proc_id_length_check CHECK (octet_length(id) <= 1300),
    CONSTRAINT deployment_proc_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployment (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT deployment_proc_proc_id_fkey FOREIGN KEY (proc_id) REFERENCES proc (id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT deployment_proc_defaults_object_check CHECK (jsonb_typeof(defaults) = 'object')
);
CREATE INDEX deployment_proc_deployment_id_idx ON deployment_proc (deployment_id);
CREATE INDEX deployment_proc_proc_id_idx ON deployment_proc (proc_id);
SELECT qairon_manage('deployment_proc', 'DeploymentProc');

-- Links: the repos of a service. They go with their owner and hold their target.
CREATE TABLE service_repo (
    service_id text COLLATE "C" NOT NULL,
    repo_id text COLLATE "C" NOT NULL,
    CONSTRAINT service_repo_pkey PRIMARY KEY (service_id, repo_id),
    CONSTRAINT service_repo_service_id_fkey FOREIGN KEY (service_id) REFERENCES service (id) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT service_repo_repo_id_fkey FOREIGN KEY (repo_id) REFERENCES repo (id) ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE INDEX service_repo_repo_id_idx ON service_repo (repo_id);

-- Links: the zones of a deployment. They go with their owner and hold their target.
CREATE TABLE deployment_zone (
    deployment_id text COLLATE "C" NOT NULL,
    zone_id text COLLATE "C" NOT NULL,
    CONSTRAINT deployment_zone_pkey PRIMARY KEY (deployment_id, zone_id),
    CONSTRAINT deployment_zone_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployment (id) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT deployment_zone_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES zone (id) ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE INDEX deployment_zone_zone_id_idx ON deployment_zone (zone_id);
CREATE CONSTRAINT TRIGGER deployment_zone_same_region AFTER INSERT OR UPDATE ON deployment_zone
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION qairon_link_stays_inside('deployment_id', 'zone_id', '4', 'region');

-- A deployment points at one of the releases that point at it. The key is checked at commit, so that both can be
-- deleted together; its cascade follows the releases when the deployment is re-keyed.
ALTER TABLE deployment ADD CONSTRAINT deployment_current_release_id_fkey
    FOREIGN KEY (current_release_id) REFERENCES release (id) ON UPDATE CASCADE ON DELETE NO ACTION
    DEFERRABLE INITIALLY DEFERRED;

-- The three rules below look at the row as it stands at commit: while a re-keying cascades, its references change one
-- after another. The uid finds it under whatever ID it has by then.
CREATE FUNCTION qairon_deployment_current_release_own() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT d.id, d.current_release_id INTO bad
        FROM deployment d JOIN release r ON r.id = d.current_release_id
        WHERE d.uid = NEW.uid AND r.deployment_id <> d.id;
    IF FOUND THEN
        PERFORM qairon_refuse('deployment_current_release_own', TG_TABLE_NAME, 'current_release_id',
            format('release `%s` is not one of the releases of deployment `%s`', bad.current_release_id, bad.id),
            'choose one of its own releases, or promote the build to this deployment first');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deployment_current_release_own AFTER INSERT OR UPDATE OF current_release_id ON deployment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.current_release_id IS NOT NULL)
    EXECUTE FUNCTION qairon_deployment_current_release_own();

CREATE FUNCTION qairon_release_same_service() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT b.id AS build_id, b.service_id AS built, d.id AS deployment_id, d.service_id AS deployed INTO bad
        FROM release r JOIN build b ON b.id = r.build_id JOIN deployment d ON d.id = r.deployment_id
        WHERE r.uid = NEW.uid AND b.service_id <> d.service_id;
    IF FOUND THEN
        PERFORM qairon_refuse('release_same_service', TG_TABLE_NAME, 'build_id',
            format('build `%s` is of service `%s`, but deployment `%s` runs service `%s`',
                   bad.build_id, bad.built, bad.deployment_id, bad.deployed),
            'release a build of the service that the deployment runs');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER release_same_service AFTER INSERT OR UPDATE OF build_id, deployment_id ON release
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION qairon_release_same_service();

CREATE FUNCTION qairon_deployment_proc_same_service() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT p.id AS proc_id, p.service_id AS owning, d.id AS deployment_id, d.service_id AS deployed INTO bad
        FROM deployment_proc dp JOIN proc p ON p.id = dp.proc_id JOIN deployment d ON d.id = dp.deployment_id
        WHERE dp.uid = NEW.uid AND p.service_id <> d.service_id;
    IF FOUND THEN
        PERFORM qairon_refuse('deployment_proc_same_service', TG_TABLE_NAME, 'proc_id',
            format('process `%s` is of service `%s`, but deployment `%s` runs service `%s`',
                   bad.proc_id, bad.owning, bad.deployment_id, bad.deployed),
            'choose a process of the service that the deployment runs');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deployment_proc_same_service AFTER INSERT OR UPDATE OF proc_id, deployment_id ON deployment_proc
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION qairon_deployment_proc_same_service();
