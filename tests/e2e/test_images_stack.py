"""Redis, PostgreSQL and nginx from images: volumes, a secret, a config, health; and the swap to a new image."""
import json
import os
import tarfile
import urllib.request

import pytest
from conftest import STORE, VOLUMES, one, store_names
from ports import free_port

FILE = """
    services:
      cache:
        image: "{redis}"
        volumes: ["cache:/data"]
        ports: ["127.0.0.1:{cache_port}:6379"]
      db:
        image: "{postgres}"
        environment: {{POSTGRES_PASSWORD_FILE: /run/secrets/db_password}}
        secrets: [{{source: db_password, uid: "{postgres_uid}", mode: 0400}}]
        volumes: ["db:/var/lib/postgresql/data"]
        healthcheck: {{test: [CMD, pg_isready, -q, -h, 127.0.0.1], interval: 300ms, start_period: 60s, retries: 3}}
      web:
        image: "{nginx}"
        configs: [{{source: web, target: /etc/nginx/nginx.conf}}]
        volumes: ["pages:/srv/www:ro"]
        ports: ["127.0.0.1:{web_port}:8000"]
        healthcheck: {{interval: 300ms}}
        depends_on: {{cache: {{condition: service_healthy}}, db: {{condition: service_healthy}}}}
      ask:
        image: "{postgres}"
        entrypoint: [sleep, infinity]
        healthcheck: {{disable: true}}
        secrets: [{{source: db_password, uid: "{postgres_uid}", mode: 0400}}]
        init: true
    volumes: {{cache: {{labels: {{kind: cache}}}}, db: {{}}, pages: {{}}}}
    configs: {{web: {{file: ./nginx.conf}}}}
    secrets: {{db_password: {{file: ./password}}}}
"""
NGINX = """\
worker_processes 1;
events { worker_connections 64; }
http {
  server {
    listen 80;    # what the image's own health check asks
    listen 8000;
    location / { return 200 "configured\\n"; }
    location /pages/ { alias /srv/www/; }
  }
}
"""
PASSWORD = "pass-word of 3 words\n"


def _owner_of_postgres(debian):
    with tarfile.open(debian["postgres"].layers[1].blob) as tar:
        for line in tar.extractfile("etc/passwd").read().decode().splitlines():
            if line.startswith("postgres:"):
                return line.split(":")[2]
    raise LookupError("postgres")


@pytest.fixture
def three(stack, pushed, debian):
    stack.ports = {"cache_port": free_port(), "web_port": free_port()}
    (stack.folder / "nginx.conf").write_text(NGINX)
    (stack.folder / "password").write_text(PASSWORD)
    os.chmod(stack.folder / "password", 0o600)
    stack.text = FILE.format(**pushed, **stack.ports, postgres_uid=_owner_of_postgres(debian))
    stack.write(stack.text)
    return stack


def http(stack, path="/"):
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.ports['web_port']}{path}", timeout=10) as answer:
        return answer.read().decode()


def redis(stack, *words):
    return stack.exec("cache", "redis-cli", *words).stdout.strip()


def sql(stack, text, check=True):
    """From another container, over the network, with the secret as the password."""
    script = 'PGPASSWORD=$(cat /run/secrets/db_password) exec psql -h db -U postgres -tA -v ON_ERROR_STOP=1 -c "$1"'
    return stack.exec("ask", "sh", "-c", script, "sh", text, check=check).stdout.strip()


def test_three_servers_with_volumes_a_secret_a_config_and_health(three):
    three.up()
    state = three.ps()
    assert {name: one["Health"] for name, one in state.items()} == {"cache": "healthy", "db": "healthy", "web": "healthy", "ask": ""}
    assert http(three) == "configured\n"
    assert redis(three, "set", "a", "1") == "OK"
    assert sql(three, "select 40 + 2") == "42"
    wrong = three.exec("ask", "sh", "-c", "PGPASSWORD=wrong psql -h db -U postgres -c 'select 1'", check=False)
    assert wrong.returncode != 0 and "password authentication failed" in wrong.stderr
    assert three.sh("cache", "id -un; pwd; echo $IMAGE") == "redis\n/data\nredis\n"
    assert three.sh("db", "id -un; stat -c %U:%a $PGDATA") == "postgres\npostgres:700\n"


def test_data_outlives_down_and_up_and_ends_with_down_v(three):
    three.up()
    redis(three, "set", "kept", "yes")
    sql(three, "create table kept (n int)")
    sql(three, "insert into kept values (7)")
    three.run("down")
    assert {f"{three.name}_{key}" for key in ("cache", "db", "pages")} <= set(three.run("volume", "ls", "-q").stdout.split())
    three.up()
    assert redis(three, "get", "kept") == "yes"
    assert sql(three, "select n from kept") == "7"
    three.run("down", "-v")
    assert three.name not in three.run("volume", "ls", "-q").stdout
    assert not list(VOLUMES.glob(f"{three.name}_*"))
    three.up()
    assert redis(three, "get", "kept") == ""
    assert sql(three, "select to_regclass('kept')") == ""


def test_volume_ls_and_inspect_tell_what_compose_would(three):
    three.run("up", "-d", "cache")
    table = three.run("volume", "ls").stdout.splitlines()
    assert table[0].split()[0] in ("DRIVER", "NAME", "VOLUME")
    assert any(f"{three.name}_cache" in line for line in table)
    found = json.loads(three.run("volume", "inspect", f"{three.name}_cache").stdout)
    found = found[0] if isinstance(found, list) else found
    assert found["Name"] == f"{three.name}_cache" and found["Driver"] == "local"
    assert found["Labels"]["kind"] == "cache"
    assert found["Labels"]["com.docker.compose.project"] == three.name and found["Labels"]["com.docker.compose.volume"] == "cache"
    assert os.path.isdir(found["Mountpoint"])
    three.refused("volume", "rm", f"{three.name}_cache", says=["in use|used by"])


def test_up_again_changes_nothing_and_plan_says_so(three):
    three.up()
    before = {name: one["ID"] for name, one in three.ps().items()}
    assert three.run("plan").returncode == 0
    three.up()
    assert {name: one["ID"] for name, one in three.ps().items()} == before


def test_a_changed_config_is_planned_by_its_file_and_only_its_service_is_made_anew(three):
    three.up()
    before = {name: one["ID"] for name, one in three.ps().items()}
    (three.folder / "nginx.conf").write_text(NGINX.replace("configured", "changed"))
    plan = three.run("plan", check=False)
    assert plan.returncode == 2 and "nginx.conf" in plan.stdout and "web" in plan.stdout
    three.up()
    assert http(three) == "changed\n"
    after = {name: one["ID"] for name, one in three.ps().items()}
    assert {name for name in after if after[name] != before[name]} <= {"web"}


def test_registry_gone_and_images_here_a_whole_stack_comes_up(three, registry):
    three.run("pull")
    registry.stop()
    try:
        three.up()
        assert http(three) == "configured\n"
    finally:
        registry.start()


def test_a_new_tag_is_pulled_while_the_old_one_runs_and_only_that_service_is_made_anew(stack, tiny, door):
    old, new, other = tiny(name="swap", at=door, tag="1"), tiny(name="swap", at=door, tag="2"), tiny(at=door)
    text = 'services:\n  web: {{image: "{}", init: true}}\n  other: {{image: "{}", init: true}}\n'
    stack.up(text.format(old.reference, other.reference))
    before = {name: state["Pid"] for name, state in stack.ps().items()}
    stack.write(text.format(new.reference, other.reference))
    door.hold(new.layers[1].digest, after=0)
    up = stack.start("up", "-d", "--wait")
    door.wait_held(new.layers[1].digest)
    assert stack.exec("web", "cat", "/etc/unique").stdout.startswith("swap 1")
    assert {name: state["Pid"] for name, state in stack.ps().items()} == before
    door.release()
    assert up.wait(60) == 0
    after = {name: state["Pid"] for name, state in stack.ps().items()}
    assert (after["web"] != before["web"], after["other"] == before["other"]) == (True, True)
    assert stack.exec("web", "cat", "/etc/unique").stdout.startswith("swap 2")


def test_a_new_tag_that_cannot_be_pulled_leaves_the_old_one_running(stack, tiny):
    old = tiny(name="stays")
    stack.up(one(old))
    before = stack.id("web")
    stack.write(one(old.reference.rsplit(":", 1)[0] + ":2"))
    stack.refused("up", "-d", says=["stays:2"])
    assert stack.id("web") == before and stack.ps()["web"]["State"] == "running"


def test_containers_of_one_image_share_its_layers_and_keep_their_writes_apart(stack, tiny):
    image = tiny()
    stack.up("services:" + "".join(f'\n  s{i}: {{image: "{image.reference}", init: true}}' for i in range(5)))
    for i in range(5):
        stack.sh(f"s{i}", f"echo {i} >/etc/unique; rm /etc/group")
    assert [stack.sh(f"s{i}", "cat /etc/unique") for i in range(5)] == [f"{i}\n" for i in range(5)]
    place = STORE / "layers" / image.layers[1].diff_id.split(":")[1]
    assert (place / "etc/unique").read_text() != "0\n"
    assert image.reference in store_names()
