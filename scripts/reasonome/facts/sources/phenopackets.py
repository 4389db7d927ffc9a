"""Cases of rare diseases: GA4GH Phenopackets 2 (JSON, YAML), also zipped or as JSON lines, and a flat layout."""

import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic.alias_generators import to_camel, to_snake
from tqdm import tqdm

from reasonome.core.errors import InputError, closest, nearest
from reasonome.core.yaml_text import YamlText
from reasonome.facts.files import text_file
from reasonome.facts.files.text_file import FETCH_AGAIN, check_is_file, decoded, lines
from reasonome.facts.text import one_line

SUFFIXES = (".json", ".yaml", ".yml")  # of files with one phenopacket
# ISO 8601 durations of ages; hours and smaller units are accepted and ignored.
DURATION = re.compile(
    r"P(?=\d|T\d)(?:(?P<years>\d{1,3})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?:\d+[HMS])+)?",
    re.ASCII,
)
# Line ends and invisible characters: answers could not name an id with one of them.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST_ID, _LONGEST_LABEL = 200, 1000  # characters
_AGE = "write an age as an ISO 8601 duration, such as P4Y6M"
_FIXES = {
    "iso8601duration": _AGE,
    "age_last_seen": f"{_AGE}, or a label such as Infantile onset",
    "age_at_onset": f"{_AGE}, or a label such as Infantile onset",
    "type": "a phenotype needs `id` and `label`, such as HP:0001250 and Seizure",
    "present": "a phenotype needs `id` and `label`, such as HP:0001250 and Seizure",
    "excluded": "write true or leave it out; in the flat layout, a list of phenotypes",
    "id": "HPO ids are HP: and seven digits, those of a case or disease some text on one line",
    "phenopacketSchemaVersion": "version 2 is read: convert others, for example with phenopacket-tools",
}
# Usual names in other tables of cases -> field of the flat layout.
_OTHER_NAMES = {
    "absent": "excluded",
    "negated": "excluded",
    "causal": "genes",
    "age": "age_last_seen",
    "onset": "age_at_onset",
}


class CaseTerm(NamedTuple):
    """A phenotype or a disease: the id in its ontology, and its label ("" without one)."""

    id: str
    label: str


@dataclass(frozen=True)
class Case:
    """One patient.

    `where` is its place: a file or archive member, or "line 12". `genes` has a tuple of identifiers for each causal
    gene, the best first. `age_last_seen` and `age_at_onset` are ISO 8601 durations, ontology labels, or "gestational
    week 31+5"; "" where unknown. `sex` is a value of Phenopackets. Each phenotype occurs once. `notes` say what was
    read in another way than it is written, or was not read although it may matter.
    """

    id: str
    where: str
    diseases: tuple[CaseTerm, ...]
    genes: tuple[tuple[str, ...], ...]
    present: tuple[CaseTerm, ...]
    absent: tuple[CaseTerm, ...]
    sex: str
    age_last_seen: str
    age_at_onset: str
    notes: tuple[str, ...] = ()


class _Message(BaseModel):
    """The fields of a message of Phenopackets that are read, in camelCase or snake_case; others may hold anything."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, strict=True)


def _check_id(text: str) -> str:
    if not text.strip() or _CONTROL.search(text):
        raise ValueError("an id is text on one line, without control characters")
    return text


_Id = Annotated[str, Field(min_length=1, max_length=_LONGEST_ID), AfterValidator(_check_id)]


def _shown(text: str) -> str:
    """The text without characters that a terminal would obey."""
    return "".join(character for character in text if character.isprintable() or character.isspace())


_LabelText = Annotated[str, Field(max_length=_LONGEST_LABEL), AfterValidator(_shown)]


class _Label(_Message):
    id: _Id
    label: _LabelText = ""


class _Phenotype(_Message):
    id: str = Field(pattern=r"^HP:[0-9]{7}$")
    label: Annotated[_LabelText, AfterValidator(one_line)] = ""  # prompts show it


def _check_duration(text: str) -> str:
    if not DURATION.fullmatch(text):
        raise ValueError("this is no ISO 8601 duration")
    return text


def _check_age(text: str) -> str:
    """An age of the flat layout: a duration, or a label, which must not begin as a duration (P-1Y is an error)."""
    return _check_duration(text) if re.match(r"P[^a-z]", text) else text


class _Age(_Message):
    iso8601duration: Annotated[str, AfterValidator(_check_duration)]


class _AgeRange(_Message):
    start: _Age


class _GestationalAge(_Message):
    weeks: int = Field(ge=0, le=50)
    days: int = Field(0, ge=0, le=6)


class _Time(_Message):
    age: _Age | None = None
    age_range: _AgeRange | None = None
    ontology_class: _Label | None = None
    gestational_age: _GestationalAge | None = None

    @property
    def text(self) -> str:
        """The age in one of the three forms of `Case`; the start of a range; "" for dates, which are no age."""
        if weeks := self.gestational_age:
            return f"gestational week {weeks.weeks}+{weeks.days}"
        if first := self.age or (self.age_range and self.age_range.start):
            return first.iso8601duration
        return self.ontology_class.label if self.ontology_class else ""


Sex = Literal["UNKNOWN_SEX", "FEMALE", "MALE", "OTHER_SEX"]


class _Subject(_Message):
    sex: Sex = "UNKNOWN_SEX"
    time_at_last_encounter: _Time = _Time()


class _Feature(_Message):
    """A phenotype; one that was looked for and not found is `excluded`."""

    model_config = ConfigDict(extra="forbid")  # as in protobuf's own reader: a key may say that it is absent
    type: _Phenotype
    excluded: bool = False
    description: Any = None  # this and what follows is not read
    severity: Any = None
    modifiers: Any = None
    onset: Any = None
    resolution: Any = None
    evidence: Any = None


class _Gene(_Message):
    value_id: str = ""
    symbol: str = ""

    @property
    def identifiers(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.value_id, self.symbol)))


class _Variation(_Message):
    gene_context: _Gene = _Gene()


class _VariantInterpretation(_Message):
    variation_descriptor: _Variation = _Variation()


class _GenomicInterpretation(_Message):
    interpretation_status: Literal["UNKNOWN_STATUS", "REJECTED", "CANDIDATE", "CONTRIBUTORY", "CAUSATIVE"] = (
        "UNKNOWN_STATUS"
    )
    gene: _Gene = _Gene()
    variant_interpretation: _VariantInterpretation = _VariantInterpretation()

    @property
    def causal(self) -> tuple[str, ...]:
        """The identifiers of the causative gene; () where the status is another."""
        if self.interpretation_status != "CAUSATIVE":
            return ()
        return self.gene.identifiers or self.variant_interpretation.variation_descriptor.gene_context.identifiers


class _Diagnosis(_Message):
    disease: _Label
    genomic_interpretations: list[_GenomicInterpretation] = []


class _Interpretation(_Message):
    diagnosis: _Diagnosis | None = None


class _Disease(_Message):
    term: _Label
    onset: _Time = _Time()


class _MetaData(_Message):
    phenopacket_schema_version: Annotated[str, Field(pattern=r"^2(\.|$)")] = "2"


class _Packet(_Message):
    id: _Id = ""
    subject: _Subject = _Subject()
    phenotypic_features: list[_Feature] = []
    interpretations: list[_Interpretation] = []
    diseases: list[_Disease] = []
    meta_data: _MetaData = _MetaData()

    def case(self, where: str) -> Case:
        diagnoses = [interpretation.diagnosis for interpretation in self.interpretations if interpretation.diagnosis]
        causal = [
            (diagnosis.disease, gene.causal)
            for diagnosis in diagnoses
            for gene in diagnosis.genomic_interpretations
            if gene.causal
        ]
        diseases = _terms([disease for disease, _ in causal])
        ids = {disease.id for disease in diseases}
        onsets = [disease.onset.text for disease in self.diseases if disease.term.id in ids and disease.onset.text]
        return Case(
            id=self.id or where,
            where=where,
            diseases=diseases,
            genes=tuple(dict.fromkeys(gene for _, gene in causal)),
            present=_terms([feature.type for feature in self.phenotypic_features if not feature.excluded]),
            absent=_terms([feature.type for feature in self.phenotypic_features if feature.excluded]),
            sex=self.subject.sex,
            age_last_seen=self.subject.time_at_last_encounter.text,
            age_at_onset=onsets[0] if onsets else "",
            notes=() if self.id else ("the phenopacket has no id, and is called after its place",),
        )


_FIELDS = ("diseases", "interpretations", "metaData", "phenotypicFeatures", "subject")  # any of them makes a packet
_FEATURES = {"phenotypicFeatures", "phenotypic_features"}
_OF_SEVERAL = {"proband", "members"}  # keys of a Family and of a Cohort


class _FlatPhenotype(_Phenotype):
    """A phenotype of the flat layout, our own; `onset` is allowed and not read."""

    model_config = ConfigDict(extra="forbid")
    onset: Any = None


class _FlatCase(BaseModel):
    """A line of the flat layout: the fields of `Case` under the names in tables of cases; `path` is not read."""

    model_config = ConfigDict(strict=True, extra="forbid")
    id: _Id
    path: Any = None
    diseases: list[_Label] = []
    genes: list[_Id] = []
    present: list[_FlatPhenotype]
    excluded: list[_FlatPhenotype] = []
    sex: Sex = "UNKNOWN_SEX"
    age_last_seen: Annotated[_LabelText, AfterValidator(_check_age)] = ""
    age_at_onset: Annotated[_LabelText, AfterValidator(_check_age)] = ""

    def case(self, where: str) -> Case:
        return Case(
            id=self.id,
            where=where,
            diseases=_terms(self.diseases),
            genes=tuple((gene,) for gene in dict.fromkeys(self.genes)),
            present=_terms(self.present),
            absent=_terms(self.excluded),
            sex=self.sex,
            age_last_seen=self.age_last_seen,
            age_at_onset=self.age_at_onset,
        )


def read_cases(path: str | Path) -> list[Case]:
    """All cases in `path`, in the order of its lines or of its files' names.

    `path` is a .zip with phenopackets at any depth (*.json, *.yaml, *.yml; hidden files are skipped), one phenopacket,
    or JSON lines, plain or gzipped, each a phenopacket or a case in the flat layout. Raises InputError.
    """
    path = Path(path)
    cases: dict[str, Case] = {}
    for where, place, text in _texts(path):
        case = _parse(text, where, place)
        if case.id in cases:
            what = f"the id {case.id} is also that of the case at {cases[case.id].where}"
            fix = "give each case an id of its own, or leave one of the two out"
            raise InputError(what, **place, field="id", fix=fix)
        cases[case.id] = case
    if not cases:
        raise InputError("there is no phenopacket in it", file=path, fix="give a .zip with *.json or *.yaml files")
    return list(cases.values())


def _texts(path: Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    """(place in the file, file and line for errors, text) of each case."""
    if zipfile.is_zipfile(path):
        yield from _members(path)
    elif path.suffix in SUFFIXES:
        check_is_file(path)
        yield path.name, {"file": path}, decoded(path.read_bytes(), path)
    else:
        for number, line in lines(path):
            if line.strip():
                yield f"line {number}", {"file": path, "line": number}, line


def _members(path: Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    place = str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(SUFFIXES) and not _is_hidden(name))
            for name in tqdm(names, desc=path.name, unit=" cases", delay=5, leave=False):
                place = f"{path}:{name}"
                yield name, {"file": place}, decoded(archive.read(name), place)
    # RuntimeError: encrypted, or an unsupported compression
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise InputError(f"cannot be unpacked: {error}", file=place, fix=FETCH_AGAIN) from None


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def is_packet(value: Any) -> bool:
    """Whether a value of JSON or YAML looks like a phenopacket."""
    return isinstance(value, dict) and not value.keys().isdisjoint({*_FIELDS, *map(to_snake, _FIELDS)})


def _parse(text: str, where: str, place: dict[str, Any]) -> Case:
    value = _without_nulls(_loaded(text, where, place))
    model = _FlatCase if isinstance(value, dict) and "present" in value else _Packet
    if model is _Packet and (not is_packet(value) or _OF_SEVERAL & value.keys()):
        raise _no_packet(value, place)
    if model is _Packet and not _FEATURES & value.keys() and (strange := closest("phenotypicFeatures", value)):
        what = f"a phenopacket has no field '{strange}'"  # whose content would not be read
        raise InputError(what, **place, field=strange, fix="did you mean 'phenotypicFeatures'?")
    try:
        return model.model_validate(value).case(where)
    except ValidationError as error:
        raise _malformed(error, place) from None


def _loaded(text: str, where: str, place: dict[str, Any]) -> Any:
    if where.endswith(SUFFIXES[1:]):
        return YamlText(text, Path(place["file"])).data
    try:
        return text_file.json_value(text)
    except ValueError as error:
        fix = f"give phenopackets as JSON; {FETCH_AGAIN}"
        raise InputError(f"this is not JSON: {error}", **place, fix=fix) from None


def _no_packet(value: Any, place: dict[str, Any]) -> InputError:
    what = f"this is no phenopacket: expected an object with one of {', '.join(_FIELDS)}"
    fix = "give one phenopacket for each patient, as the proband of a Family, or take the file out"
    if isinstance(value, dict) and _OF_SEVERAL & value.keys():
        return InputError("this is a Family or a Cohort, and a case is one phenopacket", **place, fix=fix)
    objects = [value, *value.values()] if isinstance(value, dict) else []
    if any(key == "hpoIds" for one in objects if isinstance(one, dict) for key in one):
        # settings of Exomiser or LIRICAL
        fix = "write its HPO ids into a text file, one a line, with - in front of those that are excluded"
    return InputError(what, **place, fix=fix)


def _without_nulls(value: Any) -> Any:
    """The JSON value without null fields, which protobuf reads as not set."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _malformed(error: ValidationError, place: dict[str, Any]) -> InputError:
    """The first validation error, with its path in the JSON."""
    first = error.errors()[0]
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    names = [part for part in reversed(first["loc"]) if isinstance(part, str)]
    if first["type"] == "extra_forbidden":
        in_feature = "phenotypicFeatures" in names
        model = _Feature if in_feature else _FlatCase if len(first["loc"]) == 1 else _FlatPhenotype
        what = f"{'a feature of version 2' if in_feature else 'the flat layout'} has no such field"
        fix = nearest(_OTHER_NAMES.get(names[0], names[0]), model.model_fields)
        return InputError(what, **place, field=field, fix=fix)
    actual = "" if first["type"] == "missing" else f", found {json.dumps(first['input'], default=str)[:60]}"
    what = {"missing": "this field is missing", "string_pattern_mismatch": "this is malformed"}.get(
        first["type"], first["msg"].removeprefix("Value error, ")
    )
    fix = next((_FIXES[name] for name in names if name in _FIXES), "see https://phenopacket-schema.readthedocs.io")
    return InputError(what + actual, **place, field=field, fix=fix)


def _terms(labels: Iterable[_Label | _Phenotype]) -> tuple[CaseTerm, ...]:
    """The terms, each id once, with its first label."""
    once: dict[str, CaseTerm] = {}
    for label in labels:
        once.setdefault(label.id, CaseTerm(label.id, label.label))
    return tuple(once.values())
