"""Manifests: equal inputs give equal digests, changed code another one."""

import hashlib
import json

from refusals import refused

from reasonome.core import manifest


def test_one_text_per_value():
    assert manifest.canonical({"b": 1, "a": [1, {"d": None, "c": "ü"}]}) == '{"a":[1,{"c":"ü","d":null}],"b":1}'
    assert manifest.canonical({"b": 1, "a": 2}) == manifest.canonical({"a": 2, "b": 1})
    assert manifest.canonical([2, 1]) != manifest.canonical([1, 2])


def test_digests_of_texts_and_files(tmp_path):
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # published test vector
    (tmp_path / "a").write_text("abc")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b.json").write_text("abc")
    assert manifest.text_sha256("abc") == abc == manifest.file_sha256(tmp_path / "a")
    assert manifest.text_sha256("ü") == hashlib.sha256(b"\xc3\xbc").hexdigest()
    assert manifest.folder_sha256(tmp_path) == {"a": abc, "below/b.json": abc}


def test_a_manifest_is_read_and_a_missing_one_says_how_to_make_it(tmp_path):
    path = tmp_path / "models" / "tiny" / "base" / "manifest.json"
    with refused(path, fix="snakemake "):
        manifest.read_manifest(path)
    (tmp_path / "manifest.json").write_text('{"chain": "base"}')
    assert manifest.read_manifest(tmp_path / "manifest.json") == {"chain": "base"}


def test_wall_clock_facts(tmp_path):
    manifest.Stopwatch().write(tmp_path / "run.json", tokens=7)
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["tokens"] == 7 and 0 <= run["seconds"] < 60 and 0 < run["peak_memory_gb"] < 100
