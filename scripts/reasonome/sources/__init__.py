"""Knowledge sources: each module turns the native file of one source into facts."""

from reasonome.sources import gmt, go, hgnc, reactome, wikipathways
from reasonome.sources.source import SourceFacts, SourceFormat

FORMATS: dict[str, SourceFormat] = {
    "go": SourceFormat(("obo", "gaf"), go.read),
    "reactome": SourceFormat(("gmt",), reactome.read),
    "wikipathways": SourceFormat(("gmt",), wikipathways.read),
    "hgnc": SourceFormat(("table",), hgnc.read),
    "gmt": SourceFormat(("gmt",), gmt.read),
}

__all__ = ["FORMATS", "SourceFacts", "SourceFormat"]
