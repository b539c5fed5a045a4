-- Search for part of an ID. An ID is made of the IDs above it and of components of its own; those of its own are
-- indexed by trigrams, and the references lead from there to whatever repeats them in its ID. So the indexes stay
-- small, where whole IDs would make every write several times as dear.
--
-- Entries that wait to be sorted into an index are read one by one by every search: there are few of them at most.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE INDEX allocation_type_search_idx ON allocation_type USING gin (id gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX application_search_idx ON application USING gin (id gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX build_search_idx ON build USING gin ((build_num::text) gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX build_artifact_search_idx ON build_artifact USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX proc_search_idx ON proc USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX service_search_idx ON service USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX stack_search_idx ON stack USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX config_template_search_idx ON config_template USING gin (id gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX deployment_config_search_idx ON deployment_config USING gin (name gin_trgm_ops, tag gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX language_search_idx ON language USING gin (id gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX service_config_search_idx ON service_config USING gin (name gin_trgm_ops, tag gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX stack_config_search_idx ON stack_config USING gin (name gin_trgm_ops, tag gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX release_artifact_search_idx ON release_artifact USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX release_search_idx ON release USING gin ((build_num::text) gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX repo_search_idx ON repo USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX repo_type_search_idx ON repo_type USING gin (id gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX dependency_search_idx ON dependency USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX dependency_case_search_idx ON dependency_case USING gin (id gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX relatable_search_idx ON relatable USING gin (object_id gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX related_search_idx ON related USING gin (object_id gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX deployment_search_idx ON deployment USING gin (tag gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX deployment_target_search_idx ON deployment_target USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX deployment_target_type_search_idx ON deployment_target_type USING gin (id gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX environment_search_idx ON environment USING gin (id gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX fleet_search_idx ON fleet USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX fleet_type_search_idx ON fleet_type USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX partition_search_idx ON partition USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX provider_search_idx ON provider USING gin (native_id gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX provider_type_search_idx ON provider_type USING gin (id gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX region_search_idx ON region USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX zone_search_idx ON zone USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX network_search_idx ON network USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
CREATE INDEX subnet_search_idx ON subnet USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
