// Every case or locus: search, filters, and rows that open to the evidence.
function drawAsked(record) {
  const text = askedText(record);
  return text.length > 140 ? `${text.slice(0, 140)} …` : text;
}

function drawFirst(record) {
  const gene = firstGene(record);
  if (!gene) return element("span", geneOrWhy(record), "no-name");
  const isAgreed = !isByModel || gene.first >= 0.5;
  const isTold = !isByModel || isSupported(gene);
  const made = element("span", geneOrWhy(record), isTold && isAgreed ? "name" : "no-name");
  const why = [
    firstGenes(record).length === 1 ? gene.name : null,
    isAgreed ? null : "most answers do not put it first",
    isOfCases && !isTold ? "nothing known of it fits" : null,
  ];
  made.append(...why.filter((text) => text !== null).map((text) => element("small", text, "under")));
  return made;
}

function drawDiseases(record) {
  const diseases = firstGene(record)?.diseases ?? [];
  return withCommas(diseases.slice(0, 2).map(diseaseLink));
}

// The genes of the next rank, and of the one after it where there is only one.
function nextGenes(record) {
  const others = record.genes.filter((gene) => gene.rank > 1);
  const second = others.filter((gene) => gene.rank === others[0].rank);
  const third = second.length === 1 ? others.filter((gene) => gene.rank === others[1]?.rank) : [];
  return [second, third].filter((genes) => genes.length).map(symbolsOf).join(", ");
}

const beside = (record) => bestBy(record, isOfCases ? "fit_rank" : "distance_rank");
const ofFirst = (key) => (record) => (firstGene(record) ? firstGene(record)[key] : null);
const hasFiles = fileNames.length > 1 && fileNames.length < records.length;
const columns = [
  ...(hasFiles ? [{ title: "file", key: (record) => record.file, draw: (record) => breakable(record.file), look: "short" }] : []),
  { title: isOfCases ? "case" : "locus", key: (record) => record.name, draw: (record) => element("span", breakable(record.name)), look: "short" },
  { title: isOfCases ? "present" : "trait", key: askedText, draw: drawAsked, look: "odd" },
  { title: isByModel ? "model's first gene" : "first gene", key: geneOrWhy, draw: drawFirst, look: "short" },
  ...(isByModel ? [{ title: "first in", key: ofFirst("first"), isNumber: true, draw: (record) => (firstGene(record) ? percent(firstGene(record).first) : "") }] : []),
  { title: "then", key: nextGenes },
  ...(isByModel ? [{ title: isOfCases ? "best by phenotypes" : "nearest gene", key: (record) => symbolsOf(beside(record)) }] : []),
  ...(isOfCases ? [
    isByModel ? { title: "rank by phenotypes", key: ofFirst("fit_rank"), isNumber: true, lowestFirst: true, places: 0 }
      : { title: "fit", key: ofFirst("fit"), isNumber: true, places: 2 },
    { title: "diseases", key: (record) => (firstGene(record)?.diseases ?? []).map((disease) => disease.name).join(", "), draw: drawDiseases, look: "odd" },
    { title: "phenotypes known", key: (record) => (firstGene(record) ? knownFor(firstGene(record)) : null), isNumber: true,
      draw: (record) => (firstGene(record) ? `${knownFor(firstGene(record))} of ${record.present.length}` : "") },
  ] : [
    { title: isByModel ? "kb from variant to model's first" : "kb from the variant", key: ofFirst("distance"), isNumber: true, lowestFirst: true, draw: (record) => kilobases(ofFirst("distance")(record)) },
    ...(isByModel ? [{ title: "its distance rank", key: ofFirst("distance_rank"), isNumber: true, lowestFirst: true, places: 0 }] : []),
  ]),
  { title: "flags", key: (record) => oddities(record).join("; "), draw: drawOddities, look: "odd" },
];

const views = { all: () => true, odd: (record) => oddities(record).length };
const inFile = menuOf("all files", fileNames, () => browser.select());
const view = menu([["all", "all"], ["flagged", "odd"]], () => browser.select());
const browser = recordBrowser({
  id: "rankings",
  columns,
  prompt: isOfCases ? "search cases, genes, phenotypes, diseases" : "search loci, genes, traits",
  filters: [
    [inFile, "chosen", null, (record) => inFile.chosen === null || record.file === inFile.chosen],
    [view, "chosen", "all", (record) => views[view.chosen](record)],
  ],
  controls: [...(hasFiles ? [labelled("file", inFile)] : []), labelled("show", view)],
  files: ["TSV", "JSONL"],
});
browser.select();
