"""Cases of rare diseases: GA4GH Phenopackets as JSON, also zipped or as JSON lines, and a flat layout."""

import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from tqdm import tqdm

from reasonome.core.atomic import Json
from reasonome.core.errors import InputError, closest, nearest
from reasonome.facts.files import text_file
from reasonome.facts.files.text_file import FETCH_AGAIN, decoded, lines
from reasonome.facts.text import one_line

SUFFIX = ".json"  # of files with one phenopacket
# ISO 8601 durations of ages; hours and smaller units are accepted and ignored.
DURATION = re.compile(
    r"P(?=\d|T\d)(?:(?P<years>\d{1,3})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?:\d+[HMS])+)?",
    re.ASCII,
)
_SCHEMA = "see https://phenopacket-schema.readthedocs.io"
_FIXES = {
    "iso8601duration": "write an age as an ISO 8601 duration, such as P4Y6M",
    "age_last_seen": "write an ISO 8601 duration, such as P4Y6M, or a label such as Infantile onset",
    "age_at_onset": "write an ISO 8601 duration, such as P4Y6M, or a label such as Infantile onset",
    "excluded": "write true or leave it out; in the flat layout, a list of phenotypes",
    "id": "HPO ids are HP: and seven digits, those of a case or disease some text",
    "phenopacketSchemaVersion": "give Phenopackets of version 1 or 2",
}
# Usual names in other tables of cases -> field of the flat layout.
_OTHER_NAMES = {"absent": "excluded", "causal": "genes", "age": "age_last_seen", "onset": "age_at_onset"}


class CaseTerm(NamedTuple):
    """A phenotype or a disease: the id in its ontology, and its label ("" without one)."""

    id: str
    label: str


@dataclass(frozen=True)
class Case:
    """One patient, of a phenopacket, a list or a table; what is not known is "" or ().

    `place` is a file or archive member, or "line 12"; `line` is None where it is no line of a table. `genes` has a
    tuple of identifiers for each causal gene, the best first. `age_last_seen` and `age_at_onset` are ISO 8601
    durations, ontology labels, or "gestational week 31+5"; `age` and `sex` are in words, and of tables as these have
    them. Each phenotype occurs once. `fault` says why the row cannot be read at all.
    """

    id: str
    place: str
    line: int | None = None
    diseases: tuple[CaseTerm, ...] = ()
    genes: tuple[tuple[str, ...], ...] = ()
    present: tuple[CaseTerm, ...] = ()
    absent: tuple[CaseTerm, ...] = ()
    sex: str = ""
    age_last_seen: str = ""
    age_at_onset: str = ""
    age: str = ""
    source: str = ""
    candidates: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    fault: InputError | None = None


class _Message(BaseModel):
    """The fields of a message of Phenopackets that are read; others may hold anything."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True)


_Id = Annotated[str, Field(pattern=r"^[^\x00-\x1f]+$")]


class _Label(_Message):
    id: _Id
    label: str = ""


class _Phenotype(_Message):
    id: str = Field(pattern=r"^HP:[0-9]{7}$")
    label: Annotated[str, AfterValidator(one_line)] = ""  # prompts show it


def _check_duration(text: str) -> str:
    if not DURATION.fullmatch(text):
        raise ValueError("this is no ISO 8601 duration")
    return text


def _check_age(text: str) -> str:
    """An age of the flat layout: a duration, or a label, which must not begin as a duration (P-1Y is an error)."""
    return _check_duration(text) if re.match(r"P[^a-z]", text) else text


class _Age(_Message):
    iso8601duration: Annotated[str, AfterValidator(_check_duration)] = Field(alias="iso8601duration")


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
_SEXES = {"FEMALE": "female", "MALE": "male"}  # in words; the others say nothing


class _Subject(_Message):
    sex: Sex = "UNKNOWN_SEX"
    time_at_last_encounter: _Time = _Time()


class _Feature(_Message):
    """A phenotype; one that was looked for and not found is `excluded`.

    Unknown keys are refused, since they may say that.
    """

    model_config = ConfigDict(extra="forbid")
    type: _Phenotype
    excluded: bool = False
    description: Any = None
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
    phenopacket_schema_version: Annotated[str, Field(pattern=r"^[12](\.|$)")] = "2"


class _Packet(_Message):
    id: _Id
    subject: _Subject = _Subject()
    phenotypic_features: list[_Feature] = []
    interpretations: list[_Interpretation] = []
    diseases: list[_Disease] = []
    meta_data: _MetaData = _MetaData()

    def case(self, place: "_Place") -> Case:
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
            id=self.id,
            place=place.name,
            line=place.line,
            diseases=diseases,
            genes=tuple(dict.fromkeys(gene for _, gene in causal)),
            present=_terms([feature.type for feature in self.phenotypic_features if not feature.excluded]),
            absent=_terms([feature.type for feature in self.phenotypic_features if feature.excluded]),
            sex=_SEXES.get(self.subject.sex, ""),
            age_last_seen=self.subject.time_at_last_encounter.text,
            age_at_onset=onsets[0] if onsets else "",
        )


# What tells a phenopacket from other objects, such as a Family.
_FIELDS = {"subject", "phenotypicFeatures", "interpretations", "diseases"}
_FEATURES = "phenotypicFeatures"
_ONSETS = ("ageOfOnset", "ageRangeOfOnset", "classOfOnset")  # of a phenotype, in version 1


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
    age_last_seen: Annotated[str, AfterValidator(_check_age)] = ""
    age_at_onset: Annotated[str, AfterValidator(_check_age)] = ""

    def case(self, place: "_Place") -> Case:
        return Case(
            id=self.id,
            place=place.name,
            line=place.line,
            diseases=_terms(self.diseases),
            genes=tuple((gene,) for gene in dict.fromkeys(self.genes)),
            present=_terms(self.present),
            absent=_terms(self.excluded),
            sex=_SEXES.get(self.sex, ""),
            age_last_seen=self.age_last_seen,
            age_at_onset=self.age_at_onset,
        )


def read_cases(path: str | Path) -> list[Case]:
    """All cases in `path`, in the order of its lines or of its files' names.

    `path` is a .zip with phenopackets at any depth (*.json; hidden files are skipped), one phenopacket, or JSON lines,
    each a phenopacket or a case in the flat layout; the latter two plain or gzipped. Raises InputError.
    """
    path = Path(path)
    cases: dict[str, Case] = {}
    for place, text in _texts(path):
        case = _case(_without_nulls(_loaded(text, place)), place)
        if case.id in cases:
            what = f"the id {case.id} is also that of the case at {cases[case.id].place}"
            raise place.error(what, field="id", fix="give each case an id of its own, or leave one of the two out")
        cases[case.id] = case
    if not cases:
        raise InputError("there is no phenopacket in it", file=path, fix="give a .zip with *.json files")
    return list(cases.values())


class _Place(NamedTuple):
    """Where a case is: the name of its text; for errors a file and a line."""

    name: str
    file: Path | str
    line: int | None = None

    def error(self, what: str, *, field: str | None = None, fix: str) -> InputError:
        return InputError(what, file=self.file, line=self.line, field=field, fix=fix)


def _texts(path: Path) -> Iterator[tuple[_Place, str]]:
    """The texts of phenopackets, each with its place."""
    if zipfile.is_zipfile(path):
        yield from _members(path)
        return
    if suffix_of(path) == SUFFIX and not _has_one_a_line(text := text_file.read_text(path)[0]):
        yield _Place(path.name, path), text
        return
    for number, line in lines(path):
        if line.strip():
            yield _Place(f"line {number}", path, number), line


def suffix_of(path: PurePath) -> str:
    """The ending of a file's name, in small letters and without .gz."""
    return PurePosixPath(path.name.lower().removesuffix(".gz")).suffix


def _has_one_a_line(text: str) -> bool:
    """Whether a text of JSON has more than one line, of which the first is an object by itself."""
    first, _, further = text.strip().partition("\n")
    try:
        return bool(further) and isinstance(text_file.json_value(first), dict)
    except ValueError:
        return False


def _members(path: Path) -> Iterator[tuple[_Place, str]]:
    place = str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(filter(_is_of_packet, archive.namelist()))
            if others := [name for name in archive.namelist() if name.lower().endswith((".yaml", ".yml"))]:
                raise InputError("YAML is not read", file=f"{path}:{others[0]}", fix="write phenopackets as JSON")
            for name in tqdm(names, desc=path.name, unit=" cases", delay=5, leave=False):
                place = f"{path}:{name}"
                yield _Place(name, place), decoded(archive.read(name), place)
    # RuntimeError: encrypted, or an unsupported compression
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise InputError(f"cannot be unpacked: {error}", file=place, fix=FETCH_AGAIN) from None


def _is_of_packet(name: str) -> bool:
    """Whether a member of an archive is called as a file with one phenopacket, and is neither hidden nor a folder."""
    path = PurePosixPath(name)
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() == SUFFIX and not is_hidden and not name.endswith("/")


def _is_packet(value: object) -> bool:
    """Whether a value of JSON looks like a phenopacket."""
    return isinstance(value, dict) and not _FIELDS.isdisjoint(value)


def _loaded(text: str, place: _Place) -> Json:
    try:
        return text_file.json_value(text)
    except ValueError as error:
        fix = f"give phenopackets as JSON; {FETCH_AGAIN}"
        raise place.error(f"this is not JSON: {error}", fix=fix) from None


def _without_nulls(value: Json) -> Json:
    """The JSON value without null fields, which protobuf reads as not set."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _case(value: Json, place: _Place) -> Case:
    is_flat = isinstance(value, dict) and "present" in value
    if not isinstance(value, dict) or not (is_flat or _is_packet(value)):
        what = f"this is no phenopacket: expected an object with one of {', '.join(sorted(_FIELDS))}"
        fix = "give one phenopacket for each patient, without an array, a Cohort or a Family around it"
        raise place.error(what, fix=fix)
    if not is_flat and _FEATURES not in value and (strange := closest(_FEATURES, value)):
        what = f"a phenopacket has no field '{strange}'"
        raise place.error(what, field=strange, fix=f"did you mean '{_FEATURES}'?")
    try:
        return (_FlatCase if is_flat else _Packet).model_validate(_as_version_2(value)).case(place)
    except ValidationError as error:
        raise _malformed(error, place, is_flat) from None


def _as_version_2(packet: dict) -> dict:
    """A phenopacket with the names of version 2 for the age and the phenotypes that one of version 1 states."""
    features, subject = packet.get(_FEATURES), packet.get("subject")
    if isinstance(features, list):
        packet = packet | {_FEATURES: [_feature(one) if isinstance(one, dict) else one for one in features]}
    if isinstance(subject, dict) and isinstance(age := subject.get("ageAtCollection"), dict) and "age" in age:
        encounter = {"timeAtLastEncounter": {"age": {"iso8601duration": age["age"]}}}
        packet = packet | {"subject": encounter | subject}
    return packet


def _feature(feature: dict) -> dict:
    """A phenotype with `excluded` for `negated`, and without its onset, which is not read."""
    named = {"excluded" if key == "negated" and "excluded" not in feature else key: feature[key] for key in feature}
    return {key: value for key, value in named.items() if key not in _ONSETS}


def _malformed(error: ValidationError, place: _Place, is_flat: bool) -> InputError:
    """The first validation error, with its path in the JSON."""
    first = error.errors()[0]
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    names = [part for part in reversed(first["loc"]) if isinstance(part, str)]
    if first["type"] == "extra_forbidden":
        if not is_flat:
            fix = nearest(names[0], _Feature.model_fields)
            return place.error("a feature has no such field", field=field, fix=fix)
        valid = (_FlatCase if len(first["loc"]) == 1 else _FlatPhenotype).model_fields
        fix = nearest(_OTHER_NAMES.get(names[0], names[0]), valid)
        return place.error("the flat layout has no such field", field=field, fix=fix)
    actual = "" if first["type"] == "missing" else f", found {json.dumps(first['input'], default=str)[:60]}"
    what = {"missing": "this field is missing", "string_pattern_mismatch": "this is malformed"}.get(
        first["type"], first["msg"].removeprefix("Value error, ")
    )
    return place.error(
        what + actual, field=field, fix=next((_FIXES[name] for name in names if name in _FIXES), _SCHEMA)
    )


def _terms(labels: Iterable["_Label | _Phenotype"]) -> tuple[CaseTerm, ...]:
    """The terms, each id once, with its first label."""
    once: dict[str, CaseTerm] = {}
    for label in labels:
        once.setdefault(label.id, CaseTerm(label.id, label.label))
    return tuple(once.values())
