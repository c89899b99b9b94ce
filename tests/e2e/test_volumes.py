"""Volumes on images: named, filled, external, of driver options, bound, temporary, from others."""
import json
import os
import re
import subprocess

import image_factory as factory
from conftest import VOLUMES, one

SEED = [factory.folder("seed", uid=1234, gid=4321, mode=0o751), factory.file("seed/a", "from the image", uid=1234, mode=0o600),
        factory.folder("seed/sub"), factory.file("seed/sub/b", "b"), factory.symlink("seed/link", "a"),
        factory.file("seed/capable", "x", mode=0o755, xattrs={"security.capability": bytes.fromhex("0100000200200000000000000000000000000000")})]


def volume(stack, name):
    found = json.loads(stack.run("volume", "inspect", name).stdout)
    return found[0] if isinstance(found, list) else found


def mount_of(stack, service, target):
    """(options, type, options of the file system) as the container sees it."""
    for line in stack.sh(service, "cat /proc/self/mountinfo").splitlines():
        words = line.split()
        if words[4] == target:
            dash = words.index("-")
            return words[5].split(","), words[dash + 1], words[dash + 3].split(",")
    raise AssertionError(f"{target} is no mount")


def test_a_new_volume_is_filled_from_the_image_once(stack, tiny):
    image = tiny(entries=SEED)
    text = f'services: {{web: {{image: "{image.reference}", init: true, volumes: ["v:/seed"]}}}}\nvolumes: {{v: {{}}}}\n'
    stack.up(text)
    assert stack.sh("web", "cd /seed; stat -c '%n %u %g %a' . a sub; cat a sub/b; readlink link") == \
        ". 1234 4321 751\na 1234 0 600\nsub 0 0 755\nfrom the imageba\n"
    mounted = volume(stack, f"{stack.name}_v")["Mountpoint"]
    assert os.getxattr(f"{mounted}/capable", "security.capability")
    assert os.stat(f"{mounted}/a").st_uid == 1234, "owners are those of the container, through an idmapped mount"
    stack.sh("web", "rm /seed/a; echo new >/seed/sub/b")
    stack.run("up", "-d", "--force-recreate")
    assert stack.sh("web", "cat /seed/sub/b; ls /seed") == "new\ncapable\nlink\nsub\n"


def test_nocopy_a_full_volume_and_a_bind_are_not_filled(stack, tiny):
    image = tiny(entries=SEED).reference
    (stack.folder / "bound").mkdir()
    stack.make_volume(f"{stack.name}-full")
    stack.up(f"""
        services:
          first: {{image: "{image}", init: true, volumes: ["{stack.name}-full:/v"]}}
          web:
            image: "{image}"
            init: true
            volumes: [{{type: volume, source: empty, target: /seed, volume: {{nocopy: true}}}}]
          other: {{image: "{image}", init: true, volumes: ["./bound:/seed"]}}
        volumes: {{empty: {{}}, {stack.name}-full: {{external: true}}}}
    """)
    assert stack.sh("web", "ls /seed") == stack.sh("other", "ls /seed") == ""


def test_an_external_volume_that_is_not_there_is_one_error(stack, tiny):
    stack.write(f'services: {{web: {{image: "{tiny().reference}", volumes: ["v:/v"]}}}}\nvolumes: {{v: {{external: true, name: no-such-volume}}}}\n')
    stack.refused("up", "-d", says=["no-such-volume", "external|volume create"])
    stack.nothing_started()


def test_an_external_volume_outlives_down_v(stack, tiny):
    name = f"{stack.name}-outer"
    stack.make_volume(name)
    stack.up(f'services: {{web: {{image: "{tiny().reference}", init: true, volumes: ["v:/v"]}}}}\nvolumes: {{v: {{external: true, name: {name}}}}}\n')
    stack.sh("web", "echo kept >/v/x")
    stack.run("down", "-v")
    assert name in stack.run("volume", "ls", "-q").stdout.split()
    stack.up()
    assert stack.sh("web", "cat /v/x") == "kept\n"


def test_driver_opts_tmpfs_and_bind(stack, tiny):
    (stack.folder / "device").mkdir()
    (stack.folder / "device/x").write_text("bound")
    stack.up(f"""
        services: {{web: {{image: "{tiny().reference}", init: true, volumes: ["t:/t", "b:/b"]}}}}
        volumes:
          t: {{driver: local, driver_opts: {{type: tmpfs, device: tmpfs, o: "size=2m,mode=0701"}}}}
          b: {{driver_opts: {{type: none, o: bind, device: "{stack.folder}/device"}}}}
    """)
    _, kind, options = mount_of(stack, "web", "/t")
    assert kind == "tmpfs" and "size=2048k" in options
    assert stack.sh("web", "stat -c %a /t; cat /b/x") == "701\nbound"


def test_an_nfs_server_that_is_not_there_names_the_volume(stack, tiny):
    stack.write(f"""
        services: {{web: {{image: "{tiny().reference}", volumes: ["n:/n"]}}}}
        volumes: {{n: {{driver_opts: {{type: nfs, o: "addr=127.0.0.1,nolock,soft,timeo=1,retrans=1,port=1,mountport=1,tcp", device: ":/none"}}}}}}
    """)
    end = stack.run("up", "-d", check=False)
    assert end.returncode == 1 and f"{stack.name}_n" in end.stderr, end.stderr


def test_binds_short_and_long(stack, tiny):
    (stack.folder / "file").write_text("file")
    (stack.folder / "there").mkdir()
    stack.up(f"""
        services:
          web:
            image: "{tiny().reference}"
            init: true
            volumes:
              - ./made/by/the/short/form:/made
              - ./file:/etc/file:ro
              - {{type: bind, source: ./there, target: /there, read_only: true, bind: {{propagation: rslave}}}}
              - {{type: bind, source: ./long, target: /long, bind: {{create_host_path: true}}}}
    """)
    assert (stack.folder / "made/by/the/short/form").is_dir() and (stack.folder / "long").is_dir()
    assert "ro" in mount_of(stack, "web", "/etc/file")[0] and "ro" in mount_of(stack, "web", "/there")[0]
    assert stack.exec("web", "sh", "-c", "echo x >/there/x", check=False).returncode != 0
    stack.sh("web", "echo mine >/made/x")
    assert (stack.folder / "made/by/the/short/form/x").stat().st_uid == 0


def test_a_long_bind_of_nothing_is_one_error(stack, tiny):
    stack.write(one(tiny(), "volumes: [{type: bind, source: ./missing, target: /m, bind: {create_host_path: false}}]"))
    stack.refused("up", "-d", says=["missing", "create_host_path"])
    assert not (stack.folder / "missing").exists()


def test_subpath_is_one_folder_and_never_leaves_the_volume(stack, tiny):
    image = tiny(entries=SEED).reference
    stack.up(f"""
        services:
          fill: {{image: "{image}", init: true, volumes: ["v:/seed"]}}
          web:
            image: "{image}"
            init: true
            depends_on: [fill]
            volumes: [{{type: volume, source: v, target: /sub, volume: {{subpath: sub}}}}]
        volumes: {{v: {{}}}}
    """)
    assert stack.sh("web", "ls /sub") == "b\n"
    stack.sh("fill", "ln -s ../../../../../../etc /seed/out")
    for path in ("out", "../../../etc", "nothing"):
        (stack.folder / "compose.yaml").write_text((stack.folder / "compose.yaml").read_text().replace("subpath: sub", f"subpath: {path}"))
        end = stack.run("up", "-d", check=False)
        assert end.returncode == 1 and path in end.stderr, end.stderr
        (stack.folder / "compose.yaml").write_text((stack.folder / "compose.yaml").read_text().replace(f"subpath: {path}", "subpath: sub"))


def test_an_image_as_a_volume_is_read_only_and_may_be_a_part(stack, tiny):
    image, data = tiny(), tiny(entries=SEED)
    stack.up(one(image, f'volumes: [{{type: image, source: "{data.reference}", target: /all}}, '
                        f'{{type: image, source: "{data.reference}", target: /part, image: {{subpath: seed/sub}}}}]'))
    assert stack.sh("web", "cat /all/seed/sub/b /part/b") == "bb"
    assert stack.exec("web", "touch", "/all/x", check=False).returncode != 0


def test_volumes_from_brings_all_of_another_service(stack, tiny):
    image = tiny(config={"Volumes": {"/anonymous": {}}}).reference
    stack.up(f"""
        services:
          a: {{image: "{image}", init: true, volumes: ["v:/v"]}}
          b: {{image: "{image}", init: true, volumes_from: [a]}}
          c: {{image: "{image}", init: true, volumes_from: ["a:ro"]}}
        volumes: {{v: {{}}}}
    """)
    stack.sh("a", "echo 1 >/v/x; echo 2 >/anonymous/x")
    assert stack.sh("b", "cat /v/x /anonymous/x; touch /v/y") == "1\n2\n"
    assert stack.sh("c", "cat /v/x /anonymous/x") == "1\n2\n"
    assert stack.exec("c", "touch", "/v/z", check=False).returncode != 0


def test_anonymous_volumes_of_the_file_are_kept_over_a_recreate(stack, tiny):
    stack.up(one(tiny(), 'volumes: ["/kept"]'))
    stack.sh("web", "echo kept >/kept/x")
    stack.run("up", "-d", "--force-recreate")
    assert stack.sh("web", "cat /kept/x") == "kept\n"
    stack.run("down")
    stack.run("down", "-v")
    assert not [path for path in VOLUMES.glob("*") if path.name.startswith(f"{stack.name}_")]


def test_tmpfs_and_shm_size(stack, tiny):
    stack.up(one(tiny(), 'tmpfs: ["/t:size=1m,mode=1700"], shm_size: 8m, volumes: [{type: tmpfs, target: /l, tmpfs: {size: 3145728, mode: 0711}}]'))
    for target, size in (("/t", "size=1024k"), ("/l", "size=3072k"), ("/dev/shm", "size=8192k")):
        _, kind, options = mount_of(stack, "web", target)
        assert kind == "tmpfs" and size in options, (target, options)
    assert stack.sh("web", "stat -c %a /t /l") == "1700\n711\n"


def test_volume_prune_takes_what_no_stack_uses(stack, tiny):
    stack.make_volume(f"{stack.name}-idle")
    stack.up(f'services: {{web: {{image: "{tiny().reference}", init: true, volumes: ["v:/v"]}}}}\nvolumes: {{v: {{}}}}\n')
    stack.run("volume", "prune", "-a", "-f", "--filter", f"name={stack.name}", check=False)
    names = stack.run("volume", "ls", "-q").stdout.split()
    assert f"{stack.name}_v" in names


def test_a_file_system_without_idmapped_mounts_is_named_with_the_way_out(stack, tiny):
    """ramfs has none to this day."""
    place = stack.folder / "mounted"
    place.mkdir()
    subprocess.run(["mount", "-t", "ramfs", "ramfs", place], check=True)
    try:
        stack.write(one(tiny(), 'volumes: ["./mounted:/m"]'))
        end = stack.run("up", "-d", check=False)
        assert end.returncode == 1 and re.search("ramfs", end.stderr) and "userns_mode: host" in end.stderr, end.stderr
        stack.up(one(tiny(), 'userns_mode: host, volumes: ["./mounted:/m"]'))
        stack.sh("web", "echo x >/m/x")
    finally:
        stack.run("down", "-t", "0", check=False)
        subprocess.run(["umount", place], check=True)
