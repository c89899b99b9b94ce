"""The containers of services that have several."""
import json


def containers(stack, *options):
    """Name of each container, without the stack's, to its line of `ps`."""
    lines = stack.run("ps", *options, "--format", "json").stdout.splitlines()
    return {one["Name"].removeprefix(stack.name + "-"): one for one in map(json.loads, lines)}


def pids(stack):
    return {name: one["Pid"] for name, one in containers(stack).items() if one["State"] == "running"}
