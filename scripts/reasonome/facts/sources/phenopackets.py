"""Cases of rare diseases: GA4GH Phenopackets 2 and 1 (JSON, YAML), also zipped or as JSON lines, and a flat layout."""

import gzip
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel, to_snake
from tqdm import tqdm

from reasonome.core.errors import InputError, closest, nearest
from reasonome.core.yaml_text import YamlText
from reasonome.facts.files import text_file
from reasonome.facts.files.text_file import FETCH_AGAIN, decoded, lines
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
    "negated": "write true or leave it out",
    "id": "HPO ids are HP: and seven digits, those of a case or disease some text on one line",
    "phenopacketSchemaVersion": "versions 1 and 2 are read",
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
    them. Each phenotype occurs once. `notes` say what was read in another way than it is written, or was not read
    although it may matter, and `fault` why the row cannot be read at all.
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
    notes: tuple[str, ...] = ()
    fault: InputError | None = None


class _Message(BaseModel):
    """The fields of a message of Phenopackets that are read; others may hold anything."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True)


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
    """An age, which version 1 has under the name `age`."""

    duration: Annotated[str, AfterValidator(_check_duration)] = Field(
        validation_alias=AliasChoices("iso8601duration", "age")
    )


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
        return _age_text(self.age, self.age_range, self.ontology_class)


def _age_text(age: _Age | None, age_range: _AgeRange | None, onset: _Label | None = None) -> str:
    """The one that is given, as `Case` has it."""
    if first := age or (age_range and age_range.start):
        return first.duration
    return onset.label if onset else ""


Sex = Literal["UNKNOWN_SEX", "FEMALE", "MALE", "OTHER_SEX"]
_SEXES = {"FEMALE": "female", "MALE": "male"}  # in words; the others say nothing


class _Subject(_Message):
    sex: Sex = "UNKNOWN_SEX"
    time_at_last_encounter: _Time = _Time()
    age_at_collection: _Age | None = None
    age_range_at_collection: _AgeRange | None = None

    @property
    def age(self) -> str:
        """When the patient was last seen, in the forms of `Case`; version 1 has two fields of its own for it."""
        first = _age_text(self.age_at_collection, self.age_range_at_collection)
        return self.time_at_last_encounter.text or first


class _Feature(_Message):
    """A phenotype; one that was looked for and not found is `excluded`, in version 1 `negated`."""

    model_config = ConfigDict(extra="allow")
    type: _Phenotype
    excluded: bool = False
    negated: bool = False

    @property
    def is_absent(self) -> bool:
        return self.excluded or self.negated

    @property
    def unread(self) -> list[str]:
        """The keys that Phenopackets do not know, and nothing here reads."""
        return [key for key in self.model_extra or {} if _plain(key) not in _UNREAD]

    @model_validator(mode="after")
    def _says_one_thing(self) -> "_Feature":
        if {"excluded", "negated"} <= self.model_fields_set and self.excluded != self.negated:
            raise ValueError("`excluded` and `negated` contradict each other")
        return self


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
    age_of_onset: _Age | None = None
    age_range_of_onset: _AgeRange | None = None
    class_of_onset: _Label | None = None

    @property
    def age(self) -> str:
        """When it began, in the forms of `Case`; version 1 has three fields of its own for it."""
        first = _age_text(self.age_of_onset, self.age_range_of_onset, self.class_of_onset)
        return self.onset.text or first


def _as_text(version: Any) -> Any:
    return str(version) if type(version) in (int, float) else version  # YAML's 1.0


class _MetaData(_Message):
    phenopacket_schema_version: Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^[12](\.|$)")] = "2"


class _Packet(_Message):
    fields: ClassVar = {"subject", "phenotypicFeatures", "interpretations", "diseases", "metaData"}
    id: _Id = ""
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
        onsets = [disease.age for disease in self.diseases if disease.term.id in ids and disease.age]
        notes = [] if self.id else ["the phenopacket has no id, and is called after its place"]
        if unread := list(dict.fromkeys(key for feature in self.phenotypic_features for key in feature.unread)):
            notes.append(f"what phenotypic features say under {', '.join(map(repr, unread))} was not read")
        return Case(
            id=self.id or place.where,
            place=place.where,
            line=place.line,
            diseases=diseases,
            genes=tuple(dict.fromkeys(gene for _, gene in causal)),
            present=_terms([feature.type for feature in self.phenotypic_features if not feature.is_absent]),
            absent=_terms([feature.type for feature in self.phenotypic_features if feature.is_absent]),
            sex=_SEXES.get(self.subject.sex, ""),
            age_last_seen=self.subject.age,
            age_at_onset=onsets[0] if onsets else "",
            notes=tuple(notes),
        )


def _plain(key: str) -> str:
    return key.replace("_", "").casefold()


def _keys_of(model: type[_Message]) -> Iterator[str]:
    for field in model.model_fields.values():
        choices = getattr(field.validation_alias, "choices", None) or [field.alias]
        yield from map(str, choices)


# Any spelling of a key that is read -> the key: protobuf's JSON allows phenotypic_features, too.
_KEYS = {_plain(key): key for model in _Message.__subclasses__() for key in _keys_of(model)}
_FEATURES = "phenotypicFeatures"
# Keys of features that Phenopackets know, of version 2 and of version 1.
_UNREAD = {"description", "severity", "modifiers", "onset", "resolution", "evidence"}
_UNREAD |= {"ageofonset", "agerangeofonset", "classofonset"}


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

    def case(self, place: "_Place") -> Case:
        return Case(
            id=self.id,
            place=place.where,
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

    `path` is a .zip with phenopackets at any depth (*.json, *.yaml, *.yml; hidden files are skipped), one phenopacket,
    or JSON lines, each a phenopacket or a case in the flat layout; the latter two plain or gzipped. In place of one
    phenopacket there may be an array of them, a Cohort, whose members are cases, or a Family, whose proband is one.
    Keys are written in camelCase or snake_case. Raises InputError.
    """
    path = Path(path)
    cases: dict[str, Case] = {}
    for place, text in _texts(path):
        for part, value in _cases_in(_without_nulls(_loaded(text, place)), place):
            case = _case(value, part)
            if case.id in cases:
                what = f"the id {case.id} is also that of the case at {cases[case.id].place}"
                raise part.error(what, field="id", fix="give each case an id of its own, or leave one of the two out")
            cases[case.id] = case
    if not cases:
        raise InputError("there is no phenopacket in it", file=path, fix="give a .zip with *.json or *.yaml files")
    return list(cases.values())


@dataclass(frozen=True)
class _Place:
    """Where a case is: the name of its text; for errors a file, a line, and the field that holds it, if any."""

    name: str
    file: Path | str
    line: int | None = None
    field: str = ""

    @property
    def where(self) -> str:
        return f"{self.name} {self.field}".strip()

    def inside(self, field: str) -> "_Place":
        return replace(self, field=_field_path(self.field, field))

    def error(self, what: str, *, field: str = "", fix: str) -> InputError:
        return InputError(what, file=self.file, line=self.line, field=_field_path(self.field, field) or None, fix=fix)


def _field_path(*fields: str) -> str:
    return ".".join(filter(None, fields)).replace(".[", "[")


def _texts(path: Path) -> Iterator[tuple[_Place, str]]:
    """The texts of phenopackets, each with its place."""
    if zipfile.is_zipfile(path):
        yield from _members(path)
    elif (suffix := suffix_of(path)) in SUFFIXES:
        text = text_file.read_text(path)[0]
        if suffix == ".json" and _has_one_a_line(text):
            yield from _of_lines(path)
        else:
            yield _Place(path.name, path), text
    else:
        yield from _of_lines(path)


def _of_lines(path: Path) -> Iterator[tuple[_Place, str]]:
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
            for name in tqdm(names, desc=path.name, unit=" cases", delay=5, leave=False):
                place = f"{path}:{name}"
                yield _Place(name, place), decoded(_unpacked(archive.read(name)), place)
    # RuntimeError: encrypted, or an unsupported compression
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError) as error:
        raise InputError(f"cannot be unpacked: {error}", file=place, fix=FETCH_AGAIN) from None


def _unpacked(data: bytes) -> bytes:
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def _is_of_packet(name: str) -> bool:
    """Whether a member of an archive is called as a file with one phenopacket, and is neither hidden nor a folder."""
    path = PurePosixPath(name)
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return suffix_of(path) in SUFFIXES and not is_hidden and not name.endswith("/")


def is_packet(value: Any) -> bool:
    """Whether a value of JSON or YAML looks like a phenopacket, a Family or a Cohort."""
    if not isinstance(value, dict):
        return False
    holds_packets = isinstance(value.get("proband"), dict) or isinstance(value.get("members"), list)
    return holds_packets or any(_KEYS.get(_plain(key)) in _Packet.fields for key in value)


def _cases_in(value: Any, place: _Place) -> Iterator[tuple[_Place, Any]]:
    """The value, or the phenopackets of an array, a Cohort or a Family, with their places."""
    if isinstance(value, dict) and isinstance(value.get("proband"), dict):
        yield from _cases_in(value["proband"], place.inside("proband"))
    elif isinstance(value, dict) and isinstance(value.get("members"), list):
        yield from _cases_in(value["members"], place.inside("members"))
    elif isinstance(value, list):
        if not value:
            raise place.error("there is no phenopacket in this list", fix="add one, or take it out")
        for number, part in enumerate(value):
            yield from _cases_in(part, place.inside(f"[{number}]"))
    else:
        yield place, value


def _case(value: Any, place: _Place) -> Case:
    notes: dict[str, None] = {}
    model = _FlatCase if isinstance(value, dict) and "present" in value else _Packet
    if model is _Packet:
        _check_packet(value, place)
        value = _by_key(value, place, notes)
        _check_features(value, place)
    try:
        case = model.model_validate(value).case(place)
    except ValidationError as error:
        raise _malformed(error, place) from None
    return replace(case, notes=(*notes, *case.notes))


def _check_packet(value: Any, place: _Place) -> None:
    """InputError for what is no phenopacket, and for a Family or Cohort whose phenopackets are not in their place."""
    if not is_packet(value):
        raise _no_packet(value, place)
    if key := next((key for key in ("proband", "members") if key in value), None):
        what = "a Family has a phenopacket as proband, and a Cohort a list of phenopackets as members"
        raise place.error(what, field=key, fix="write it so, or take the key out")


def _check_features(packet: dict[str, Any], place: _Place) -> None:
    """InputError where a packet has a key like `phenotypicFeatures` in its place, whose content would not be read."""
    if _FEATURES not in packet and (strange := closest(_FEATURES, packet)):
        what = f"a phenopacket has no field '{strange}'"
        raise place.error(what, field=strange, fix=f"did you mean '{_FEATURES}'?")


def _loaded(text: str, place: _Place) -> Any:
    if suffix_of(Path(place.name)) in SUFFIXES[1:]:
        return YamlText(text, Path(place.file)).data
    try:
        return text_file.json_value(text)
    except ValueError as error:
        fix = f"give phenopackets as JSON; {FETCH_AGAIN}"
        raise place.error(f"this is not JSON: {error}", fix=fix) from None


def _no_packet(value: Any, place: _Place) -> InputError:
    what = f"this is no phenopacket: expected an object with one of {', '.join(sorted(_Packet.fields))}"
    fix = "give one phenopacket for each patient, or take the file out"
    objects = [value, *value.values()] if isinstance(value, dict) else []
    if any(_plain(key) == "hpoids" for one in objects if isinstance(one, dict) for key in one):
        # settings of Exomiser or LIRICAL
        fix = "write its HPO ids into a text file, one a line, with - in front of those that are excluded"
    return place.error(what, fix=fix)


def _by_key(value: Any, place: _Place, notes: dict[str, None]) -> Any:
    """The value with the keys that are read as JSON has them; `notes` gets those that protobuf would not read."""
    if isinstance(value, list):
        return [_by_key(item, place, notes) for item in value]
    if not isinstance(value, dict):
        return value
    named: dict[str, Any] = {}
    for written, item in value.items():
        key = _KEYS.get(_plain(written))
        if key is None:
            named[written] = item
            continue
        if key in named:
            what = f"the key '{key}' stands twice in one object, once as '{written}'"
            raise place.error(what, field=key, fix="keep one of them")
        if written not in (key, to_snake(key)):
            notes[f"'{written}' was read as '{key}'"] = None
        named[key] = _by_key(item, place, notes)
    return named


def _without_nulls(value: Any) -> Any:
    """The JSON value without null fields, which protobuf reads as not set."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _malformed(error: ValidationError, place: _Place) -> InputError:
    """The first validation error, with its path in the JSON."""
    first = error.errors()[0]
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    names = [part for part in reversed(first["loc"]) if isinstance(part, str)]
    if first["type"] == "extra_forbidden":
        valid = (_FlatCase if len(first["loc"]) == 1 else _FlatPhenotype).model_fields
        fix = nearest(_OTHER_NAMES.get(names[0], names[0]), valid)
        return place.error("the flat layout has no such field", field=field, fix=fix)
    actual = "" if first["type"] == "missing" else f", found {json.dumps(first['input'], default=str)[:60]}"
    what = {"missing": "this field is missing", "string_pattern_mismatch": "this is malformed"}.get(
        first["type"], first["msg"].removeprefix("Value error, ")
    )
    fix = next((_FIXES[name] for name in names if name in _FIXES), "see https://phenopacket-schema.readthedocs.io")
    return place.error(what + actual, field=field, fix=fix)


def _terms(labels: Iterable["_Label | _Phenotype"]) -> tuple[CaseTerm, ...]:
    """The terms, each id once, with its first label."""
    once: dict[str, CaseTerm] = {}
    for label in labels:
        once.setdefault(label.id, CaseTerm(label.id, label.label))
    return tuple(once.values())
