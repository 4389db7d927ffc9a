// What stands below an opened set: the enriched terms, the model's words with what they cite checked, the genes.
function evidence(record) {
  const whole = element("div", undefined, "evidence");
  const heading = element("h3");
  heading.append(termShown(record));
  heading.tabIndex = -1;
  whole.append(heading, handles(record, "link to this set", copied(record)), setFacts(record), part("Enriched terms", ...enrichedParts(record)));
  if (given.model) whole.append(part("The model's words", ...suggestionParts(record)));
  whole.append(part("Genes", genesParts(record)));
  return whole;
}

// What of a set may be copied.
const copied = (record) => [
  bestTerm(record) && ["Copy term", () => bestTerm(record).name],
  record.genes.length && ["Copy genes", () => record.genes.map((gene) => gene.symbol).join("\n")],
  ["Copy row as TSV", () => lineOf.get(record)],
];

function setFacts(record) {
  const odd = oddities(record);
  return definitions([
    ["best enriched term", bestTerm(record) ? bestInFigures(bestTerm(record)) : null],
    ["set", [record.set, record.list, record.place].filter(Boolean).join(" · ")],
    ["direction", record.direction || null],
    ["described as", record.description || null],
    ["flags", odd.length ? bullets(odd) : null],
  ], "facts");
}

// What the model says, with a mark behind each gene and term: whether it is there.
function suggestionParts(record) {
  if (!record.answer) return [element("p", suggestionOrWhy(record))];
  const paragraph = element("p");
  for (const one of record.paragraph) {
    paragraph.append(one.cites ? element("span", `${one.text} ${one.there ? VERDICTS.supported : VERDICTS.contradicted}`,
      `verdict ${one.there ? "supported" : "contradicted"}`) : one.text);
  }
  const cited = (kind, there) => [...new Set(record.paragraph.filter((one) => one.cites === kind && one.there === there).map((one) => one.text))].join(", ") || null;
  return [
    definitions([["suggested name", suggestionShown(record)], ["written by", given.model]], "facts"),
    paragraph,
    definitions([
      ["✔ genes of the list", cited("gene", true)],
      ["✘ genes that are not in the list", cited("gene", false)],
      ["✔ enriched terms", cited("term", true)],
      ["✘ terms that are not enriched in the list", cited("term", false)],
    ], "facts"),
    onOpening("the answer as it came", () => element("pre", record.answer)),
  ];
}

function genesParts(record) {
  const leftOut = record.genes.filter((gene) => !gene.shown).length;
  const weighted = record.genes.some((gene) => gene.weight !== null);
  const headings = ["written as", "gene", "name", "found by", ...(leftOut ? ["in the prompt"] : []), ...(weighted ? ["weight"] : [])];
  const parts = [];
  if (record.genes.length) {
    const note = leftOut ? `, ${leftOut} of them left out of the prompt for want of room` : "";
    parts.push(onOpening(`${record.genes.length} genes, as written and as recognised${note}`, () => wide(plainTable(
      headings,
      record.genes.map((gene) => [gene.written, gene.symbol, gene.name, gene.how, ...(leftOut ? [gene.shown ? "yes" : "no"] : []),
        ...(weighted ? [gene.weight === null ? "" : String(gene.weight)] : [])]),
      weighted ? 1 : 0,
    ))));
  } else {
    parts.push(element("p", "No gene was recognised."));
  }
  if (record.unmapped.length) {
    parts.push(onOpening(`${record.unmapped.length} unmapped: not recognised, and left out`, () => wide(plainTable(
      ["written as", "why", "may mean"],
      record.unmapped.map((gene) => [gene.written, gene.why, gene.candidates.join(", ") || "no candidate"]),
    ))));
  }
  return parts;
}
