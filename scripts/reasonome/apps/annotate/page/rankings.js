// GSEA of whole rankings: for each file what gathers at the two ends.
const MOST_OF_AN_END = 30;

sections.push(() => {
  const place = at("rankings");
  if (!place) return;
  for (const ranking of given.rankings) {
    place.append(element("h3", ranking.list), element("p", `${ranking.genes.toLocaleString("en")} ranked genes, ` +
      `${ranking.sets.toLocaleString("en")} sets tested; ${ranking.terms.length.toLocaleString("en")} with an FDR of at most 0.05, without those ` +
      "that are led by nearly the same genes (gsea.tsv has all)."));
    place.append(...ranking.notes.map((note) => element("p", note, "note")));
    const ends = [ranking.terms.filter((term) => term.nes > 0), ranking.terms.filter((term) => term.nes < 0)].map((end) => end.slice(0, MOST_OF_AN_END));
    place.append(...figuresOf(ranking.list));
    ends.forEach((terms, end) => {
      if (terms.length) place.append(element("h4", ranking.ends[end]), rankedTable(terms));
    });
  }
});

function rankedTable(terms) {
  return wide(plainTable(
    ["term", "library", "genes that lead", "genes in all", "NES", "FDR"],
    terms.map((term) => [termLink(term), term.library, term.leading_edge.join(" "), String(term.size), number(term.nes, 2), pValue(term.fdr)]),
    3,
  ));
}
