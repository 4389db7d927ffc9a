"""Phenopackets and flat cases: made by hand in the layout of Phenopacket Store, whole and malformed."""

import copy
import gzip
import json
import zipfile

import pytest
from refusals import refused

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


def test_version_1_says_the_same(tmp_path):
    """What a patient has not is `negated` there."""
    negated = changed(PACKET, ["phenotypicFeatures", 1], {"type": {"id": "HP:0000289"}, "negated": True})
    old = {**negated, "subject": {"sex": "MALE", "ageAtCollection": {"age": "P4Y"}}, "metaData": {}}
    for version in ("1.0.0-RC3", "1.0", ""):
        old["metaData"] = {"phenopacketSchemaVersion": version} if version else {}
        (case,) = read_cases(written(tmp_path / "a.json", old))
        assert case.age_last_seen == "P4Y"
        assert "HP:0000289" in [term.id for term in case.absent]
        assert "HP:0000289" not in [term.id for term in case.present]


def test_features_under_a_name_of_ones_own_are_told(tmp_path):
    packet = json.loads(json.dumps(PACKET).replace('"phenotypicFeatures"', '"phenotypic_features"'))
    with refused(field="phenotypic_features"):
        read_cases(written(tmp_path / "a.json", packet))


FEATURE = ["phenotypicFeatures", 1]
AGE = ["subject", "timeAtLastEncounter", "age", "iso8601duration"]
VERSION = ["metaData", "phenopacketSchemaVersion"]
ABSENT = {**{key: value for key, value in FLAT.items() if key != "excluded"}, "absent": FLAT["excluded"]}
MALFORMED = {
    "no JSON": ('{"id": "x",', None),
    "another object": ('{"a": 1}', None),
    "a family": (json.dumps({"id": "f", "proband": PACKET, "metaData": {}}), None),
    "another flat field": (json.dumps(ABSENT), "absent"),
}


def field_of(path):
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


CHANGED = [
    (PACKET, ["diseases", 0, "term", "id"], ...),
    (PACKET, ["id"], ...),
    (PACKET, [*FEATURE, "excluded"], "yes"),
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
def test_a_malformed_case_is_named(tmp_path, text, field):
    bad = written(tmp_path / "bad.json", text)
    with refused(bad, field=field):
        read_cases(bad)


def test_a_malformed_case_is_named_wherever_it_lies(tmp_path):
    good, bad = json.dumps({**PACKET, "id": "good"}), '{"a": 1}'
    with zipfile.ZipFile(tmp_path / "store.zip", "w") as archive:
        archive.writestr("A/good.json", good)
        archive.writestr("B/bad.json", bad)
    with refused(f"{tmp_path}/store.zip:B/bad.json"):
        read_cases(tmp_path / "store.zip")
    lines = written(tmp_path / "cases.jsonl", f"{good}\n{bad}\n")
    with refused(lines, 2):
        read_cases(lines)


def test_two_cases_of_one_id(tmp_path):
    lines = written(tmp_path / "cases.jsonl", f"{json.dumps(PACKET)}\n\n{json.dumps(FLAT)}\n")
    with refused(line=3, field="id"):
        read_cases(lines)


def test_places_without_cases(tmp_path):
    with zipfile.ZipFile(tmp_path / "store.zip", "w") as archive:
        archive.writestr("README.md", "text")
    for name in ("store.zip", "x"):
        with refused():
            read_cases(tmp_path / name)


def test_odd_texts_stay_texts_that_files_can_hold(tmp_path):
    odd = changed(PACKET, ["phenotypicFeatures", 0, "type", "label"], "<b>Wide\n eyes</b>\ud83d")
    odd = changed(odd, ["phenotypicFeatures", 3], {"type": {"id": "HP:0000486"}})
    [case] = read_cases(written(tmp_path / "a.json", odd))
    assert case.present[0].label == "<b>Wide eyes</b>\ufffd" and case.present[2] == CaseTerm("HP:0000486", "")


def test_damaged_files(tmp_path):
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
