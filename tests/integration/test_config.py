"""`stack config` with the options that show variables, the files in their own words, and digests."""
import json
import textwrap

import yaml

FILES = {
    "compose.yaml": """
        name: shop
        include: [lib/db.yaml]
        services:
          web:
            image: "host:"
            command: [serve, "${PORT:-80}", "a $$ b", "${A:?set A}", "${B:+x${C}}"]
            env_file: [none.env]
            environment: [TOKEN]
            volumes: ["./data:/data"]
            depends_on: [db]
            mem_limit: 0512m
            cpus: 1.50
        """,
    "compose.override.yaml": """
        services: {web: {command: !override [other, "$PORT"], labels: {n: 5, t: true}}}
        """,
    "lib/db.yaml": """
        services: {db: {image: "host:", command: x, volumes: ["./d:/d"]}}
        """,
}


def write(stack, files=None):
    for name, text in (files or FILES).items():
        path = stack.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))


def shown(stack, *arguments, **more):
    return yaml.safe_load(stack.run("config", *arguments, **more).stdout)


def test_variables_are_told_as_a_table_and_for_programs(stack):
    write(stack, {"compose.yaml": FILES["compose.yaml"], "lib/db.yaml": FILES["lib/db.yaml"]})
    end = stack.run("config", "--variables")
    rows = [line.split() for line in end.stdout.splitlines()]
    assert rows == [["NAME", "REQUIRED", "DEFAULT", "VALUE", "ALTERNATE", "VALUE"], ["A", "true"], ["B", "false", "x${C}"], ["C", "false"],
                    ["PORT", "false", "80"]]
    whole = json.loads(stack.run("config", "--variables", "--format", "json").stdout)
    assert whole["PORT"] == {"Name": "PORT", "DefaultValue": "80", "PresenceValue": "", "Required": False}
    assert shown(stack, "--variables", "--format", "yaml")["A"] == {"name": "A", "defaultvalue": "", "presencevalue": "", "required": True}


def test_without_interpolation_the_files_are_merged_and_variables_stay(stack):
    write(stack)
    whole = shown(stack, "--no-interpolate")
    assert list(whole) == ["name", "services"] and whole["name"] == stack.name
    web = whole["services"]["web"]
    assert web["command"] == ["other", "$PORT"] and web["labels"] == {"n": 5, "t": True}
    assert (web["mem_limit"], web["cpus"]) == ("0512m", "1.50"), "a number keeps its form"
    assert whole["services"]["db"]["volumes"] == ["./lib/d:/d"]
    assert stack.run("config", "--no-interpolate", "--services").stdout == "db\nweb\n"
    refused = stack.run("config", "--no-interpolate", "--hash", "*", check=False)
    assert refused.returncode == 1 and "--hash is of the model" in refused.stderr
    (stack.folder / "compose.override.yaml").unlink()
    assert shown(stack, "--no-interpolate", "--format", "json")["services"]["web"]["command"] == [
        "serve", "${PORT:-80}", "a $$ b", "${A:?set A}", "${B:+x${C}}"]


def test_what_is_left_out_leaves_the_files_words(stack):
    write(stack, {"compose.yaml": FILES["compose.yaml"].replace("mem_limit: 0512m", "mem_limit: 512m"), "lib/db.yaml": FILES["lib/db.yaml"],
                  "none.env": "X=1\n"})
    given = {"A": "a", "B": "b", "PORT": "8$0"}
    for option in ("--no-normalize", "--no-path-resolution", "--no-env-resolution"):
        whole = shown(stack, option, env=given)
        web = whole["services"]["web"]
        assert web["command"] == ["serve", "8$$0", "a $$ b", "a", "x"], option
        assert web["volumes"] == ["./data:/data"] and web["depends_on"] == ["db"] and "networks" not in whole, option
        assert web["env_file"] == ["none.env"] and web["environment"] == ["TOKEN"], option
    (stack.folder / "none.env").unlink()
    assert stack.run("config", "--no-normalize", env=given, check=False).returncode == 1
    assert "none.env" in stack.run("config", "--no-env-resolution", env=given).stdout
    assert stack.run("config", "--no-normalize", "--no-env-resolution", "-q", env=given).stdout == ""


def test_what_is_shown_in_the_files_words_is_a_file_again(stack):
    write(stack, {"compose.yaml": FILES["compose.yaml"].replace("mem_limit: 0512m", "mem_limit: 512m"), "lib/db.yaml": FILES["lib/db.yaml"],
                  "none.env": "X=1\n"})
    given = {"A": "a", "B": "b", "PORT": "8$0"}
    before = stack.run("config", env=given).stdout
    text = stack.run("config", "--no-normalize", env=given).stdout
    (stack.folder / "compose.yaml").write_text(text)
    assert stack.run("config").stdout == before


def test_without_consistency_only_each_key_is_judged(stack):
    stack.write("services: {a: {image: 'host:', depends_on: [nobody], volumes: ['v:/v']}}\n")
    assert stack.run("config", check=False).returncode == 1
    assert shown(stack, "--no-consistency")["services"]["a"]["depends_on"] == ["nobody"]
    stack.write("services: {a: {image: 'host:', mem_limit: 5q}}\n")
    assert stack.run("config", "--no-consistency", check=False).returncode == 1
