// What stands below an opened set: the reasoning, what each claim rests on, the genes, the enriched terms.
const VERDICTS = { supported: "✔", unknown: "?", contradicted: "✘" };
const confidenceTold = { stated: "stated by the model", logprob: "from how probable the model's words were to it" };

function evidence(record) {
  const whole = element("div", undefined, "evidence");
  const heading = element("h3");
  heading.append(nameShown(record));
  heading.tabIndex = -1;
  whole.append(heading, handles(record), answerFacts(record), definitions([
    ["reasoning, written by the model", record.reasoning ? reasoningSteps(record.reasoning) : null],
  ]));
  whole.append(
    part("Claims of the reasoning, checked", ...claimsParts(record)),
    part("Which genes the name rests on", geneSplit(record)),
    part("Enriched terms", record.enriched.length ? enrichedTable(record) : "No term of the libraries is enriched."),
    part("Genes", genesParts(record)),
  );
  if (record.samples.length) whole.append(part("Every answer of the model, as it came", samplesList(record.samples)));
  return whole;
}

function part(title, ...content) {
  const made = element("div", undefined, "part");
  made.append(element("h4", title), ...content.flat());
  return made;
}

function handles(record) {
  const line = element("p", undefined, "handles");
  const link = element("a", "link to this set");
  link.href = `#${encodeURIComponent(record.id)}`;
  if (record.name) line.append(copyButton("Copy name", () => record.name));
  if (record.genes.length) {
    line.append(copyButton("Copy genes", () => record.genes.map((gene) => gene.symbol).join("\n")));
  }
  line.append(copyButton("Copy row as TSV", () => lineOf.get(record)), link);
  return line;
}

function answerFacts(record) {
  const odd = oddities(record);
  const list = element("ul");
  list.append(...odd.map((sentence) => element("li", sentence)));
  const confidence = record.confidence === null ? null
    : `${number(record.confidence, 2)}, ${confidenceTold[record.confidence_kind] ?? record.confidence_kind}`;
  return definitions([
    ["set", [record.set, record.list, record.place].filter(Boolean).join(" · ")],
    ["described as", record.description || null],
    ["flags", odd.length ? list : null],
    ["confidence", confidence],
    ["other samples that gave this name", record.agreement === null ? null : `${Math.round(100 * record.agreement)} %`],
    ["named by", record.error ? null : `${given.model}; ${given.decoding}`],
  ], "facts");
}

function reasoningSteps(text) {
  const steps = text.split("\n").filter((line) => line.trim());
  if (steps.length === 1) return steps[0];
  const list = element("ol");
  list.append(...steps.map((step) => element("li", step.replace(/^\s*\d+[.)]\s+/, "")))); // the list has numbers of its own
  return list;
}

// A table that may be wider than the window; a `stacked` one has its cells below each other where the window is narrow.
function wide(table, className = "") {
  return element("div", table, `wide ${className}`);
}

function claimsParts(record) {
  const shown = [record.claims.length ? claimsTable(record.claims) : "No claim of a gene and a term could be read."];
  if (!record.unchecked.length) return shown;
  const list = element("ul", undefined, "unchecked");
  list.append(...record.unchecked.map((sentence) => element("li", sentence)));
  return [...shown, element("p", "Not checked, as these sentences are questions, or name no term of the sources, or one only as a part of something longer:"), list];
}

function claimsTable(claims) {
  return wide(plainTable(["gene", "is said to belong to", "verdict", "the fact behind it"], claims.map((claim) => {
    const verdict = element("span", `${VERDICTS[claim.verdict] ?? ""} ${claim.verdict}`, `verdict ${claim.verdict}`);
    return [claim.gene, claim.negated ? `not: ${claim.term}` : claim.term, verdict, claim.fact || "no fact found in the sources"];
  })), "stacked");
}

function geneSplit(record) {
  const joined = (genes) => (genes.length ? genes.join(" ") : "none named");
  return definitions([
    [`support the name (${record.supporting_genes.length}): by a claim, or as genes of an enriched term that says the same`, joined(record.supporting_genes)],
    [`do not fit it, or are not accounted for (${record.other_genes.length})`, joined(record.other_genes)],
  ]);
}

function enrichedTable(record) {
  const terms = [...record.enriched].sort((a, b) => a.adjusted_p - b.adjusted_p || a.p - b.p);
  const table = plainTable(
    ["term", "library", "id", "genes", "of the set", "size in the universe", "p", "adjusted p"],
    terms.map((term) => [term.name, term.library, term.id, term.genes.join(" "), String(term.overlap), String(term.size),
      pValue(term.p), pValue(term.adjusted_p)]),
    4,
  );
  const nearest = record.enriched_match ? `Nearest to the name: ${record.enriched_match}` +
    (record.enriched_agreement === null ? "" : ` (${number(record.enriched_agreement, 2)})`) : "";
  const most = `Terms with an adjusted p of at most 0.05${terms.length < given.most_terms ? "" : `; the ${terms.length} with the smallest are shown`}.`;
  return [...(nearest ? [element("p", nearest)] : []), element("p", most), wide(table, "stacked")];
}

// Long tables are made when they are opened.
function onOpening(title, make) {
  const made = element("details");
  made.append(element("summary", title));
  made.addEventListener("toggle", () => { if (made.childElementCount === 1) made.append(make()); });
  return made;
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

function samplesList(samples) {
  return samples.map((sample, place) => onOpening(`answer ${place + 1}: ${sample.name || "no name"}`, () => element("pre", sample.text)));
}
