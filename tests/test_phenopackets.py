"""Phenopackets and flat cases: made by hand in the layout of Phenopacket Store, whole and malformed."""

import copy
import gzip
import json
import zipfile
from dataclasses import replace

import pytest
import yaml
from pydantic.alias_generators import to_snake

from reasonome.facts.sources.phenopackets import CaseTerm, read_cases

GENE = {"valueId": "HGNC:3663", "symbol": "FGD1"}
PACKET = {
    "id": "PMID_1_Patient_1",
    "subject": {
        "id": "Patient 1",
        "timeAtLastEncounter": {"age": {"iso8601duration": "P4Y6M"}},
        "sex": "MALE",
        "vitalStatus": {"status": "ALIVE"},
    },
    "phenotypicFeatures": [
        {"type": {"id": "HP:0000316", "label": "Hypertelorism"}, "onset": {"age": {"iso8601duration": "P1Y"}}},
        {"type": {"id": "HP:0000289", "label": "Broad philtrum"}, "excluded": True},
        {"type": {"id": "HP:0000508", "label": "Ptosis"}, "excluded": False},
        {"type": {"id": "HP:0000316", "label": "Hypertelorism"}},
    ],
    "interpretations": [
        {
            "id": "i",
            "progressStatus": "SOLVED",
            "diagnosis": {
                "disease": {"id": "OMIM:305400", "label": "Aarskog-Scott syndrome"},
                "genomicInterpretations": [
                    {
                        "subjectOrBiosampleId": "Patient 1",
                        "interpretationStatus": status,
                        "variantInterpretation": {"variationDescriptor": {"id": "v", "geneContext": gene}},
                    }
                    # both alleles of the gene, and one that is not at fault
                    for status, gene in [
                        ("CAUSATIVE", GENE),
                        ("CAUSATIVE", GENE),
                        ("REJECTED", {"valueId": "HGNC:1", "symbol": "X"}),
                    ]
                ],
            },
        }
    ],
    "diseases": [
        {
            "term": {"id": "OMIM:305400", "label": "Aarskog-Scott syndrome"},
            "onset": {"ontologyClass": {"id": "HP:0003593", "label": "Infantile onset"}},
        }
    ],
    "metaData": {"created": "2025-10-25T14:44:51Z", "phenopacketSchemaVersion": "2.0.2"},
}
FLAT = {
    "id": "PMID_1_Patient_1",
    "path": "notebooks/FGD1/phenopackets/PMID_1_Patient_1.json",
    "diseases": [{"id": "OMIM:305400", "label": "Aarskog-Scott syndrome"}],
    "genes": ["FGD1"],
    "present": [
        {"id": "HP:0000316", "label": "Hypertelorism", "onset": "P1Y"},
        {"id": "HP:0000508", "label": "Ptosis"},
    ],
    "excluded": [{"id": "HP:0000289", "label": "Broad philtrum"}],
    "sex": "MALE",
    "age_at_onset": "Infantile onset",
    "age_last_seen": "P4Y6M",
}


def changed(original, path, value):
    """A copy in which what lies at `path`, a list of keys and places, is `value`; ... takes it away."""
    made = copy.deepcopy(original)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return made


def written(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_phenopacket(tmp_path):
    [case] = read_cases(written(tmp_path / "a.json", PACKET))
    assert (case.id, case.place, case.sex) == ("PMID_1_Patient_1", "a.json", "male")
    assert case.genes == (("HGNC:3663", "FGD1"),)
    assert case.diseases == (CaseTerm("OMIM:305400", "Aarskog-Scott syndrome"),)
    assert case.present == (CaseTerm("HP:0000316", "Hypertelorism"), CaseTerm("HP:0000508", "Ptosis"))
    assert case.absent == (CaseTerm("HP:0000289", "Broad philtrum"),)
    assert (case.age_last_seen, case.age_at_onset) == ("P4Y6M", "Infantile onset")


def test_a_flat_case_says_the_same(tmp_path):
    [packet] = read_cases(written(tmp_path / "a.json", PACKET))
    [flat] = read_cases(written(tmp_path / "a.jsonl", json.dumps(FLAT) + "\n"))
    assert flat.genes == (("FGD1",),) and (flat.place, flat.line) == ("line 1", 1)
    for name in ("id", "diseases", "present", "absent", "sex", "age_last_seen", "age_at_onset"):
        assert getattr(flat, name) == getattr(packet, name)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ({"ageRange": {"start": {"iso8601duration": "P10Y"}, "end": {"iso8601duration": "P20Y"}}}, "P10Y"),
        ({"gestationalAge": {"weeks": 31, "days": 5}}, "gestational week 31+5"),
        ({"gestationalAge": {"weeks": 20}}, "gestational week 20+0"),
        ({"timestamp": "2020-01-01T00:00:00Z"}, ""),
        ({"age": {"iso8601duration": "P0D"}}, "P0D"),
        ({"age": {"iso8601duration": "PT12H"}}, "PT12H"),
        (None, ""),
        (..., ""),
    ],
)
def test_ages_in_all_their_forms(tmp_path, time, expected):
    packet = changed(PACKET, ["subject", "timeAtLastEncounter"], time)
    assert read_cases(written(tmp_path / "a.json", packet))[0].age_last_seen == expected


def test_a_gene_that_is_named_without_a_variant(tmp_path):
    interpretation = {"interpretationStatus": "CAUSATIVE", "gene": GENE}
    packet = changed(PACKET, ["interpretations", 0, "diagnosis", "genomicInterpretations"], [interpretation])
    assert read_cases(written(tmp_path / "a.json", packet))[0].genes == (("HGNC:3663", "FGD1"),)


@pytest.mark.parametrize("part", ["interpretations", "phenotypicFeatures", "subject", "diseases", "metaData"])
def test_what_a_case_may_lack(tmp_path, part):
    [case] = read_cases(written(tmp_path / "a.json", changed(PACKET, [part], ...)))
    assert (case.genes == ()) == (part == "interpretations")
    assert (case.present == ()) == (part == "phenotypicFeatures")
    assert (case.sex == "") == (part == "subject")


def test_archives_and_lines_hold_the_same_cases(tmp_path):
    packets = {f"store/notebooks/{gene}/phenopackets/{gene}.json": {**PACKET, "id": gene} for gene in ("B", "A")}
    with zipfile.ZipFile(tmp_path / "store.zip", "w") as archive:
        for name, packet in packets.items():
            archive.writestr(name, json.dumps(packet))
        archive.writestr("store/README.md", "text")
        archive.writestr("store/.ipynb_checkpoints/A.json", "no JSON")
        archive.writestr("__MACOSX/store/._A.json", b"\x00\x05")
    lines = "".join(json.dumps(packet) + "\n" for packet in reversed(packets.values()))
    (tmp_path / "store.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    for path in (tmp_path / "store.zip", tmp_path / "store.jsonl.gz"):
        assert [case.id for case in read_cases(path)] == ["A", "B"]
    assert read_cases(tmp_path / "store.zip")[0].place == "store/notebooks/A/phenopackets/A.json"


def test_members_of_an_archive_are_read_as_files_are(tmp_path, refused):
    with zipfile.ZipFile(tmp_path / "store.zip", "w") as archive:
        archive.mkdir("folder.json")
        archive.writestr("a.json", json.dumps({**PACKET, "id": "a"}))
        archive.writestr("B.JSON", json.dumps({**PACKET, "id": "b"}))
        archive.writestr("c.json.gz", gzip.compress(json.dumps({**PACKET, "id": "c"}).encode()))
        archive.writestr("d.Yml.GZ", gzip.compress(yaml.safe_dump({**PACKET, "id": "d"}).encode()))
    assert sorted(case.id for case in read_cases(tmp_path / "store.zip")) == ["a", "b", "c", "d"]
    with zipfile.ZipFile(tmp_path / "store.zip", "a") as archive:
        archive.writestr("e.json.gz", gzip.compress(json.dumps(PACKET).encode())[:-9])
    with refused(f"{tmp_path}/store.zip:e.json.gz"):
        read_cases(tmp_path / "store.zip")


# Version 1: what was not found is `negated`, and ages have other names.
V1 = {
    "id": "case-1",
    "subject": {"id": "p1", "sex": "FEMALE", "ageAtCollection": {"age": "P14Y"}},
    "phenotypicFeatures": [
        {"type": {"id": "HP:0001166", "label": "Arachnodactyly"}, "classOfOnset": {"id": "HP:0003577"}},
        {"type": {"id": "HP:0001083", "label": "Ectopia lentis"}, "negated": True},
        {"type": {"id": "HP:0001659", "label": "Aortic regurgitation"}, "negated": False},
        {"type": {"id": "HP:0000768", "label": "Pectus carinatum"}},
        {"type": {"id": "HP:0001250", "label": "Seizure"}, "negated": True},
        {"type": {"id": "HP:0000252", "label": "Microcephaly"}, "negated": True},
    ],
    "metaData": {"created": "2020-01-01T00:00:00Z", "createdBy": "x", "resources": []},
}
PRESENT = ["Arachnodactyly", "Aortic regurgitation", "Pectus carinatum"]
NOT_FOUND = ["Ectopia lentis", "Seizure", "Microcephaly"]


def renamed(value, old, new):
    return json.loads(json.dumps(value).replace(f'"{old}"', f'"{new}"'))


def labels_of(case):
    return [term.label for term in case.present], [term.label for term in case.absent]


@pytest.mark.parametrize("version", [None, "1.0", "1.0.0-RC3", 1.0])
def test_version_1_with_or_without_its_number(tmp_path, version):
    packet = {**V1, "metaData": {**V1["metaData"], "phenopacketSchemaVersion": version}}
    [case] = read_cases(written(tmp_path / "a.json", packet))
    assert labels_of(case) == (PRESENT, NOT_FOUND)
    assert (case.sex, case.age_last_seen, case.notes) == ("female", "P14Y", ())


@pytest.mark.parametrize(
    ("subject", "expected"),
    [({"ageRangeAtCollection": {"start": {"age": "P10Y"}, "end": {"age": "P20Y"}}}, "P10Y"), ({}, "")],
)
def test_ages_of_version_1(tmp_path, subject, expected):
    assert read_cases(written(tmp_path / "a.json", {**V1, "subject": subject}))[0].age_last_seen == expected


@pytest.mark.parametrize(
    ("disease", "expected"),
    [
        ({"ageOfOnset": {"age": "P3Y"}}, "P3Y"),
        ({"classOfOnset": {"id": "HP:0003593", "label": "Infantile onset"}}, "Infantile onset"),
    ],
)
def test_onsets_of_version_1(tmp_path, disease, expected):
    packet = changed(PACKET, ["diseases", 0], {"term": PACKET["diseases"][0]["term"], **disease})
    assert read_cases(written(tmp_path / "a.json", packet))[0].age_at_onset == expected


def test_a_key_in_another_case_is_read_and_told(tmp_path):
    [case] = read_cases(written(tmp_path / "a.json", renamed(V1, "negated", "EXCLUDED")))
    assert labels_of(case) == (PRESENT, NOT_FOUND)
    assert case.notes == ("'EXCLUDED' was read as 'excluded'",)


def test_keys_of_features_that_nobody_knows_are_told(tmp_path):
    [case] = read_cases(written(tmp_path / "a.json", renamed(V1, "negated", "absent")))
    assert len(case.present) == 6 and case.absent == ()
    assert case.notes == ("what phenotypic features say under 'absent' was not read",)


def test_features_under_a_name_of_ones_own_are_told(tmp_path, refused):
    packet = written(tmp_path / "a.json", renamed(V1, "phenotypicFeatures", "phenotypes"))
    with refused():
        read_cases(packet)


def test_a_feature_that_contradicts_itself(tmp_path, refused):
    packet = changed(V1, ["phenotypicFeatures", 1, "excluded"], False)
    with refused(field="phenotypicFeatures[1]"):
        read_cases(written(tmp_path / "a.json", packet))


def test_snake_case_says_the_same(tmp_path):
    text = json.dumps(PACKET)
    for name in ("phenotypicFeatures", "timeAtLastEncounter", "genomicInterpretations", "interpretationStatus"):
        text = text.replace(name, to_snake(name))
    for name in ("variantInterpretation", "variationDescriptor", "geneContext", "valueId", "ontologyClass", "metaData"):
        text = text.replace(name, to_snake(name))
    [case] = read_cases(written(tmp_path / "a.json", text))
    assert case == read_cases(written(tmp_path / "b/a.json", PACKET))[0]


def test_yaml_says_the_same(tmp_path):
    for name, packet in {"a.yml": PACKET, "b.yaml": V1}.items():
        [case] = read_cases(written(tmp_path / name, yaml.safe_dump(packet)))
        [expected] = read_cases(written(tmp_path / f"json/{name}.json", packet))
        assert replace(case, place="") == replace(expected, place="")
    unquoted = yaml.safe_dump(V1, sort_keys=False) + "  phenopacketSchemaVersion: 1.0\n"  # a number to YAML
    assert labels_of(read_cases(written(tmp_path / "c.yml", unquoted))[0]) == (PRESENT, NOT_FOUND)


@pytest.mark.parametrize(("text", "line"), [("id: a\nid: b\n", 2), ("a: [\n", 2), ("- a\n", None)])
def test_yaml_that_is_no_phenopacket(tmp_path, text, line, refused):
    with refused(tmp_path / "a.yml", line):
        read_cases(written(tmp_path / "a.yml", text))


def test_a_phenopacket_without_an_id_is_called_after_its_place(tmp_path):
    [case] = read_cases(written(tmp_path / "a.json", changed(V1, ["id"], ...)))
    assert (case.id, case.notes) == ("a.json", ("the phenopacket has no id, and is called after its place",))


FEATURE = ["phenotypicFeatures", 1]
AGE = ["subject", "timeAtLastEncounter", "age", "iso8601duration"]
VERSION = ["metaData", "phenopacketSchemaVersion"]
SETTINGS = {"analysis": {"hpoIds": ["HP:0001250"]}}  # of Exomiser
ABSENT = {**{key: value for key, value in FLAT.items() if key != "excluded"}, "absent": FLAT["excluded"]}
MALFORMED = {
    "no JSON": ('{"id": "x",', None),
    "a key twice": (json.dumps(PACKET)[:-1] + ', "id": "other"}', None),
    "another object": ('{"a": 1}', None),
    "a member of a cohort": (json.dumps({"members": [PACKET, {**PACKET, "id": ""}]}), "members[1].id"),
    "a proband that is none": (json.dumps({"id": "f", "proband": "I-1", "metaData": {}}), "proband"),
    "a cohort without members": (json.dumps({"id": "c", "members": []}), "members"),
    "settings of Exomiser": (json.dumps(SETTINGS), None),
    "a field in two spellings": (json.dumps({**PACKET, "phenotypic_features": []}), "phenotypicFeatures"),
    "another flat field": (json.dumps(ABSENT), "absent"),
}


def field_of(path):
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


CHANGED = [
    (PACKET, ["diseases", 0, "term", "id"], ...),
    (PACKET, [*FEATURE, "negated"], "yes"),
    (PACKET, ["id"], "../a\n\tb"),
    (PACKET, ["phenotypicFeatures"], {}),
    (PACKET, ["subject", "sex"], "male"),
    (PACKET, AGE, "4 years"),
    (PACKET, VERSION, "3.0.0"),
]
MALFORMED |= {
    f"{field_of(path)} {value}": (json.dumps(changed(original, path, value)), field_of(path))
    for original, path, value in CHANGED
}


@pytest.mark.parametrize(("text", "field"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_case_is_named(tmp_path, text, field, refused):
    bad = written(tmp_path / "bad.json", text)
    with refused(bad, field=field):
        read_cases(bad)


def test_a_malformed_case_is_named_wherever_it_lies(tmp_path, refused):
    good, bad = json.dumps({**PACKET, "id": "good"}), '{"a": 1}'
    with zipfile.ZipFile(tmp_path / "store.zip", "w") as archive:
        archive.writestr("A/good.json", good)
        archive.writestr("B/bad.json", bad)
    with refused(f"{tmp_path}/store.zip:B/bad.json"):
        read_cases(tmp_path / "store.zip")
    lines = written(tmp_path / "cases.jsonl", f"{good}\n{bad}\n")
    with refused(lines, 2):
        read_cases(lines)


def test_several_cases_in_one_value(tmp_path):
    first, second = PACKET, {**PACKET, "id": "second"}
    family = {"id": "f", "proband": first, "relatives": [second], "metaData": PACKET["metaData"]}
    [alone] = read_cases(written(tmp_path / "alone.json", first))
    for name, value, ids, places in [
        ("family.json", family, ["PMID_1_Patient_1"], ["family.json proband"]),
        ("family.yaml", family, ["PMID_1_Patient_1"], ["family.yaml proband"]),
        ("cohort.json", {"id": "c", "members": [first, second]}, ["PMID_1_Patient_1", "second"],
         ["cohort.json members[0]", "cohort.json members[1]"]),
        ("array.json", [first, second], ["PMID_1_Patient_1", "second"], ["array.json [0]", "array.json [1]"]),
        ("families.json", [family, {"proband": second}], ["PMID_1_Patient_1", "second"],
         ["families.json [0].proband", "families.json [1].proband"]),
        ("families.jsonl", family, ["PMID_1_Patient_1"], ["line 1 proband"]),
    ]:  # fmt: skip
        text = yaml.safe_dump(value) if name.endswith("yaml") else json.dumps(value)
        cases = read_cases(written(tmp_path / name, text))
        assert [case.id for case in cases] == ids and [case.place for case in cases] == places
        assert replace(cases[0], place="", line=None) == replace(alone, place="")


def test_two_cases_of_one_id(tmp_path, refused):
    lines = written(tmp_path / "cases.jsonl", f"{json.dumps(PACKET)}\n\n{json.dumps(FLAT)}\n")
    with refused(line=3, field="id"):
        read_cases(lines)


def test_places_without_cases(tmp_path, refused):
    with zipfile.ZipFile(tmp_path / "store.zip", "w") as archive:
        archive.writestr("README.md", "text")
    for name in ("store.zip", "x"):
        with refused():
            read_cases(tmp_path / name)


def test_odd_texts_stay_texts_that_files_can_hold(tmp_path):
    odd = changed(PACKET, ["phenotypicFeatures", 0, "type", "label"], "<b>Wide\n eyes</b>\ud83d")
    odd = changed(odd, ["phenotypicFeatures", 3], {"type": {"id": "HP:0000486", "label": None}})
    [case] = read_cases(written(tmp_path / "a.json", odd))
    assert case.present[0].label == "<b>Wide eyes</b>\ufffd" and case.present[2] == CaseTerm("HP:0000486", "")


def test_damaged_files(tmp_path, refused):
    with zipfile.ZipFile(tmp_path / "store.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", json.dumps(PACKET))
    whole = (tmp_path / "store.zip").read_bytes()
    (tmp_path / "store.zip").write_bytes(whole[:60] + b"\xff\xff\xff\xff" + whole[64:])
    with refused():
        read_cases(tmp_path / "store.zip")
    (tmp_path / "store.zip").write_bytes(whole.replace(b"PK\x01\x02", b"XX\x01\x02"))
    with refused():
        read_cases(tmp_path / "store.zip")
    (tmp_path / "a.json").write_bytes(json.dumps(PACKET).encode() + b"\xff")
    with refused():
        read_cases(tmp_path / "a.json")


def test_brackets_within_one_another_to_no_end(tmp_path, refused):
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with refused():
        read_cases(tmp_path / "deep.json")


def test_a_label_says_nothing_to_the_terminal(tmp_path):
    packet = copy.deepcopy(PACKET)
    packet["phenotypicFeatures"][0]["type"]["label"] = "Hyper\x1b[2Jtelorism"
    (tmp_path / "case.json").write_text(json.dumps(packet))
    (case,) = read_cases(tmp_path / "case.json")
    assert case.present[0].label == "Hyper[2Jtelorism"
