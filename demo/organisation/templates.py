"""The text of the configuration templates: Jinja, rendered with the configuration of a stack, service or deployment."""

# template: (language, text)
TEMPLATES = {
    "service-env": ("dotenv", """\
# {{ service.id }}
SERVICE_NAME={{ service.name }}
LOG_LEVEL={{ config.log_level | default("info") }}
{% for key, value in config.env | dictsort -%}
{{ key }}={{ value }}
{% endfor -%}
"""),
    "logging": ("yaml", """\
level: {{ config.level }}
format: json
fields:
  service: {{ service.id }}
  owner: {{ service.defaults.owner | default("unknown") }}
"""),
    "feature-flags": ("json", """\
{
  "stack": "{{ stack.id }}",
  "flags": {{ config.flags | tojson }}
}
"""),
    "alert-rules": ("yaml", """\
groups:
  - name: {{ stack.name }}
    rules:
{%- for rule in config.rules %}
      - alert: {{ rule.alert }}
        expr: {{ rule.expr }}
        for: {{ rule.for }}
        labels: {severity: {{ rule.severity }}}
{%- endfor %}
"""),
    "helm-values": ("yaml", """\
replicaCount: {{ config.replicas }}
image: {{ release.release_artifacts[0].upload_path }}
resources:
{%- for name, amounts in config.resources | dictsort %}
  {{ name }}: {requests: {{ amounts.low }}, limits: {{ amounts.high }}}
{%- endfor %}
"""),
    "connection-pool": ("ini", """\
[pool]
name = {{ service.name }}
size = {{ config.size }}
timeout_ms = {{ config.timeout_ms }}
"""),
    "virtual-host": ("nginx", """\
server {
  listen 443 ssl;
  server_name {{ config.host }};
  location / {
    proxy_pass http://{{ service.name }}:8080;
  }
}
"""),
    "vpc": ("hcl", """\
resource "aws_vpc" "{{ network.name }}" {
  cidr_block = "{{ network.cidr }}"
}
{% for subnet in network.subnets %}
resource "aws_subnet" "{{ subnet.name }}" {
  vpc_id     = aws_vpc.{{ network.name }}.id
  cidr_block = "{{ subnet.cidr }}"
}
{% endfor -%}
"""),
}

LANGUAGES = {
    "dotenv": {"extension": ".env"},
    "hcl": {"extension": ".tf"},
    "ini": {"extension": ".ini"},
    "json": {"extension": ".json"},
    "nginx": {"extension": ".conf"},
    "yaml": {"extension": ".yaml"},
}
