// What stands below an opened set: the enriched terms, the model's suggestion and what it rests on, the genes.
const confidenceTold = { stated: "stated by the model", "probability of its words": "from how probable its words were to the model" };

function evidence(record) {
  const whole = element("div", undefined, "evidence");
  const heading = element("h3");
  heading.append(termShown(record));
  heading.tabIndex = -1;
  whole.append(heading, handles(record, "link to this set", copied(record)), setFacts(record), part("Enriched terms", ...enrichedParts(record)));
  if (record.samples.length) {
    whole.append(
      part("The model's suggestion", ...suggestionParts(record)),
      part("Claims of the reasoning, checked", ...claimsParts(record)),
      part("Which genes the suggestion rests on", geneSplit(record)),
    );
  }
  whole.append(part("Genes", genesParts(record)));
  if (record.samples.length) whole.append(part("Every answer of the model, as it came", samplesList(record.samples, (sample) => sample.name || "no name")));
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

// How near the enriched terms are to the name comes before the name.
function suggestionParts(record) {
  const confidence = record.confidence === null ? null
    : `${number(record.confidence, 2)} of 1, ${confidenceTold[record.confidence_kind] ?? record.confidence_kind}; not a probability of being right`;
  const nearest = record.nearest_term
    ? `${record.nearest_term}; term score, from 0 to 1: ${number(record.likeness, 2)}` : null;
  return [
    element("p", record.name ? `${record.standing_why}.` : suggestionOrWhy(record)),
    definitions([
      ["what it suggests", record.name ? element("span", record.name, lookOf(record, "suggested")) : null],
      ["nearest enriched term", nearest],
      ["confidence", confidence],
      ["other answers that gave this name", record.agreement === null ? null : `${Math.round(100 * record.agreement)} %`],
      ["named by", `${given.model}; ${given.decoding}`],
      ["reasoning, written by the model", record.reasoning ? reasoningSteps(record.reasoning) : null],
    ], "facts"),
  ];
}

function reasoningSteps(text) {
  const steps = text.split("\n").filter((line) => line.trim());
  if (steps.length === 1) return steps[0];
  const list = element("ol");
  list.append(...steps.map((step) => element("li", step.replace(/^\s*\d+[.)]\s+/, "")))); // the list has numbers of its own
  return list;
}

function claimsParts(record) {
  return checkedClaims(record, {
    headings: ["gene", "is said to belong to"],
    cells: (claim) => [claim.gene, claim.negated ? `not: ${claim.term}` : claim.term],
    none: "No claim of a gene and a term could be read.",
    noFact: "no fact found in the sources",
    note: "Not checked, as these sentences are questions, or name no term of the sources, or one only as a part of something longer:",
  });
}

function geneSplit(record) {
  const joined = (genes) => (genes.length ? genes.join(" ") : "none named");
  return definitions([
    [`are in the term that it is or is near to (${record.supporting_genes.length})`, joined(record.supporting_genes)],
    [`are not (${record.other_genes.length})`, joined(record.other_genes)],
  ]);
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
