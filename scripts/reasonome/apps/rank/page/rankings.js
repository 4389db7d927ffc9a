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
    isByModel || firstGenes(record).length === 1 ? gene.name : null, // without a model all that share the first rank
    isAgreed ? null : "most answers do not put it first",
    isOfCases && !isTold ? "nothing known of it fits" : null,
  ];
  made.append(...why.filter((text) => text !== null).map((text) => element("small", text, "under")));
  return made;
}

function drawDiseases(record) {
  const diseases = firstGene(record)?.diseases ?? [];
  return withCommas(diseases.slice(0, 2).map((disease) => diseaseLink(disease.id, disease.name)));
}

// The next two, and all that are equal to the second.
function nextGenes(record) {
  const others = record.genes.filter((gene) => gene.rank > 1);
  const shown = others.filter((gene) => gene.rank <= others[Math.min(1, others.length - 1)].rank);
  return shown.map((gene, i) => (i ? (gene.rank === shown[i - 1].rank ? " = " : ", ") : "") + gene.symbol).join("");
}

const ofFirst = (key) => (record) => (firstGene(record) ? firstGene(record)[key] : null);
const hasFiles = fileNames.length > 1 && fileNames.length < records.length;
const columns = [
  ...(hasFiles ? [{ title: "file", key: (record) => record.file, draw: (record) => breakable(record.file), look: "short" }] : []),
  { title: isOfCases ? "case" : "locus", key: (record) => record.name, draw: (record) => element("span", breakable(record.name)), look: "short" },
  { title: isOfCases ? "present" : "trait", key: askedText, draw: drawAsked, look: "odd" },
  { title: isByModel ? "model's first gene" : "first gene", key: geneOrWhy, draw: drawFirst, look: "short" },
  ...(isByModel ? [{ title: "first in", key: ofFirst("first"), isNumber: true, draw: (record) => (firstGene(record) ? percent(firstGene(record).first) : "") }] : []),
  { title: "then", key: nextGenes },
  ...(isByModel ? [{ title: isOfCases ? "best by phenotypes" : "nearest gene", key: (record) => beside(record).join(", "),
    draw: (record) => beside(record).slice(0, 3).join(", ") + (beside(record).length > 3 ? ` and ${beside(record).length - 3} more` : "") }] : []),
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

// Whether the model's first gene is also the best by phenotypes, or the nearest.
const agrees = (record) => beside(record).includes(geneOrWhy(record));
const views = { all: () => true, agree: agrees, differ: (record) => firstGene(record) && !agrees(record), odd: (record) => oddities(record).length };
const other = isOfCases ? "the best by phenotypes" : "the nearest gene";
const compared = isByModel ? [[`the model's first gene is ${other}`, "agree"], [`it is not ${other}`, "differ"]] : [];
const inFile = menuOf("all files", fileNames, () => browser.select());
const view = menu([["all", "all"], ...compared, ["flagged", "odd"]], () => browser.select());
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
