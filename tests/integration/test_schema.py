"""specs/schema/x-stack.json and the loader give the same verdict on what stands under x-stack."""
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "specs/schema/x-stack.json").read_text())

GOOD = ["{}", "{pod: p}", "{pod: web_1-x}", "{pod: 5}", "{x-note: 1}", "{bandwidth: {}}", "{bandwidth: {ingress: 10mbit}}",
        "{bandwidth: {ingress: 800, egress: 1.5gbit}}", "{bandwidth: {egress: 5kbit, x-why: a}}", "{bandwidth: {egress: 0}}", "{bandwidth: {egress: 1.5}}", "{bandwidth: {egress: .5MBit}}",
        "{pod: '${POD}'}", "{bandwidth: {ingress: '${RATE:-1mbit}'}}"]
BAD = ["[]", "5", "", "{pdo: p}", "{pod: a b}", "{pod: ''}", "{pod: []}", "{pod: }", "{pod: %s}" % ("x" * 64), "{bandwidth: 5}", "{bandwidth: {in: 1}}",
       "{bandwidth: {ingress: 5mb}}", "{bandwidth: {ingress: }}", "{bandwidth: {egress: [1]}}", "{bandwidth: {egress: -1}}"]


def text_of(value):
    return f"services:\n  a:\n    image: 'host:'\n    x-stack: {value}\n"


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("value", GOOD)
def test_the_schema_and_the_loader_take_what_is_right(stack, value):
    stack.write(text_of(value))
    jsonschema.validate(yaml.safe_load(text_of(value)), SCHEMA)
    stack.run("check", env={"POD": "p", "RATE": "1mbit"})


@pytest.mark.parametrize("value", BAD)
def test_the_schema_and_the_loader_refuse_what_is_wrong(stack, value):
    stack.write(text_of(value))
    assert stack.run("check", check=False).returncode == 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text_of(value)), SCHEMA)


def test_neither_takes_a_key_for_the_whole_stack(stack):
    text = "services: {a: {image: 'host:'}}\nx-stack: {pod: p}\n"
    stack.write(text)
    assert stack.run("check", check=False).returncode == 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), SCHEMA)
