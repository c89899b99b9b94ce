"""Redis, PostgreSQL and nginx from Debian's packages, as images with real configs: one base, three layers on top."""
import os
import shutil
import subprocess
import textwrap
from pathlib import Path

from image_factory import SECOND, Image, file, folder, layer, layer_of_tree, symlink

# In a mount namespace of its own, so that a killed run leaves no mount.
SCRIPT = """\
set -eu
cd "$1"
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 LC_ALL=C
sources=/etc/apt/sources.list
[ -s "$sources" ] || sources=/etc/apt/sources.list.d/debian.sources
mmdebstrap --quiet --variant=minbase --mode=root --skip=check/qemu,cleanup/apt bookworm base "$sources"
mkdir -p apt/lists apt/cache
mv base/var/lib/apt/lists/* apt/lists/
mv base/var/cache/apt/* apt/cache/
add() {
  name=$1; shift
  mkdir -p "$name/upper" "$name/work" "$name/root"
  root=$PWD/$name/root
  mount -t overlay overlay -o "lowerdir=base,upperdir=$name/upper,workdir=$name/work,redirect_dir=off,metacopy=off,index=off" "$root"
  mount --bind apt/lists "$root/var/lib/apt/lists"
  mount --bind apt/cache "$root/var/cache/apt"
  mount -t tmpfs tmpfs "$root/tmp"
  printf '#!/bin/sh\\nexit 101\\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  mkdir -p "$root/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.conf"
  cat /etc/resolv.conf >"$root/etc/resolv.conf"
  chroot "$root" apt-get install -qq -y --no-install-recommends "$@" >"$name.log" 2>&1 || { tail -n 30 "$name.log" >&2; exit 1; }
  rm "$root/usr/sbin/policy-rc.d"
  umount "$root/tmp" "$root/var/cache/apt" "$root/var/lib/apt/lists" "$root"
}
add redis redis-server
add nginx nginx-light
add postgres postgresql-15
"""
POSTGRES_ENTRY = """\
#!/bin/sh
# The first start makes the database; its password comes from a file, as with the image that everyone knows.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  [ -s "${POSTGRES_PASSWORD_FILE:?names the file of the password}" ] || { echo "no password in $POSTGRES_PASSWORD_FILE" >&2; exit 1; }
  initdb -D "$PGDATA" -U postgres --pwfile="$POSTGRES_PASSWORD_FILE" --auth-local=trust --auth-host=scram-sha-256 \\
    --no-sync --locale=C.UTF-8 >/dev/null
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
fi
exec "$@"
"""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def health(*test):
    """As in Docker's config: nanoseconds."""
    return {"Test": list(test), "Interval": SECOND // 2, "Timeout": 5 * SECOND, "StartPeriod": 60 * SECOND, "Retries": 5}


CONFIGS = {
    "base": {"Cmd": ["bash"], "Env": [f"PATH={PATH}"]},
    "redis": {
        "Env": [f"PATH={PATH}", "IMAGE=redis"], "User": "redis", "WorkingDir": "/data", "Volumes": {"/data": {}},
        "ExposedPorts": {"6379/tcp": {}}, "StopSignal": "SIGTERM", "Labels": {"org.example.image": "redis"},
        "Entrypoint": ["redis-server"],
        "Cmd": ["--bind", "0.0.0.0", "--protected-mode", "no", "--dir", "/data", "--appendonly", "yes", "--save", ""],
        "Healthcheck": health("CMD", "redis-cli", "ping"),
    },
    "postgres": {
        "Env": [f"PATH={PATH}:/usr/lib/postgresql/15/bin", "PGDATA=/var/lib/postgresql/data", "LANG=C.UTF-8"],
        "User": "postgres", "WorkingDir": "/var/lib/postgresql", "Volumes": {"/var/lib/postgresql/data": {}},
        "ExposedPorts": {"5432/tcp": {}}, "StopSignal": "SIGINT", "Labels": {"org.example.image": "postgres"},
        "Entrypoint": ["postgres-entry"], "Cmd": ["postgres", "-c", "listen_addresses=*", "-c", "jit=off"],
        # Over TCP: the server that initdb runs for itself does not listen there.
        "Healthcheck": health("CMD-SHELL", "pg_isready -q -h 127.0.0.1"),
    },
    "nginx": {
        "Env": [f"PATH={PATH}"], "ExposedPorts": {"80/tcp": {}}, "StopSignal": "SIGQUIT", "Labels": {"org.example.image": "nginx"},
        "Cmd": ["nginx", "-g", "daemon off;"],
        "Healthcheck": health("CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/80"),
    },
}


def _owner(root, name):
    """(uid, gid) as the package's script chose it."""
    for line in (root / "etc/passwd").read_text().splitlines():
        words = line.split(":")
        if words[0] == name:
            return int(words[2]), int(words[3])
    raise LookupError(name)


def _extra(name, upper):
    """What a Containerfile would add after the package's installation."""
    if name == "redis":
        uid, gid = _owner(upper, "redis")
        return [folder("data", uid=uid, gid=gid, mode=0o750)]
    if name == "postgres":
        uid, gid = _owner(upper, "postgres")
        return [folder("usr/local/bin"), file("usr/local/bin/postgres-entry", POSTGRES_ENTRY, mode=0o755),
                folder("run/postgresql", uid=uid, gid=gid, mode=0o2775), folder("var/lib/postgresql", uid=uid, gid=gid),
                folder("var/lib/postgresql/data", uid=uid, gid=gid, mode=0o700)]
    return [folder("var/log/nginx"), symlink("var/log/nginx/access.log", "/dev/stdout"), symlink("var/log/nginx/error.log", "/dev/stderr")]


def make(workshop):
    """The images by name. About half a minute, most of it PostgreSQL's."""
    place = Path(workshop) / "debian"
    place.mkdir()
    end = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", SCRIPT, "sh", place], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert end.returncode == 0, end.stdout[-4000:]
    # The one file with a capability and the one with an attribute of a user: a base image has such.
    capable = place / "base/usr/bin/stdbuf"
    os.setxattr(capable, "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
    base = layer_of_tree(workshop, place / "base")
    images = {"base": Image([base], CONFIGS["base"])}
    for name in ("redis", "nginx", "postgres"):
        upper = place / name / "upper"
        images[name] = Image([base, layer_of_tree(workshop, upper), layer(workshop, _extra(name, upper))], CONFIGS[name])
    shutil.rmtree(place)
    return images


BUSYBOX = ["sh", "cat", "echo", "env", "sleep", "id", "stat", "ls", "pwd", "mkdir", "touch", "rm", "mv", "ln", "test", "true", "false",
           "mount", "grep", "sed", "head", "wc", "sha256sum", "readlink", "kill", "chmod", "chown", "dd", "df", "find", "httpd", "nc",
           "wget", "printf", "date", "tail", "seq", "trap", "cp", "sync", "od", "tr", "hostname", "umount", "mknod"]


def busybox_entries():
    """A root of half a megabyte with a shell, users and groups."""
    passwd = textwrap.dedent("""\
        root:x:0:0:root:/root:/bin/sh
        app:x:1234:4321:app:/home/app:/bin/sh
        nobody:x:65534:65534:nobody:/:/bin/false
        """)
    group = "root:x:0:\napp:x:4321:\nextra:x:777:app\nother:x:778:app,root\nnogroup:x:65534:\n"
    return [*(folder(name) for name in ("bin", "dev", "etc", "home", "proc", "root", "run", "sys", "usr", "var")), folder("tmp", mode=0o1777),
            folder("home/app", uid=1234, gid=4321), file("bin/busybox", Path("/bin/busybox").read_bytes(), mode=0o755),
            *(symlink(f"bin/{name}", "busybox") for name in BUSYBOX), file("etc/passwd", passwd), file("etc/group", group)]
