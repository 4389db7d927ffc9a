// The annotated sets as the page holds them, and what is read off a record in more than one place.
const given = JSON.parse(document.getElementById("annotations").textContent);
const records = given.records;
const lineOf = new Map(records.map((record, place) => [record, given.lines[place]]));
const listNames = [...new Set(records.map((record) => record.list))];

const bestTerms = new Map(records.map((record) => [record, record.enriched.reduce((best, term) =>
  (best && (best.adjusted_p - term.adjusted_p || best.p - term.p) <= 0 ? best : term), null)]));
const bestTerm = (record) => bestTerms.get(record);

// What a record is called on the page: its name, or why it has none.
function nameOrWhy(record) {
  if (record.name) return record.name;
  if (record.error) return "not asked";
  return record.abstained ? "the model gave no name" : "no usable answer";
}

// The name as an element: a missing one looks different.
const nameShown = (record) => element("span", nameOrWhy(record), record.name ? "name" : "no-name");

// All that is odd about a set or its answer, in sentences.
function oddities(record) {
  const contradicted = record.claims.filter((claim) => claim.verdict === "contradicted").length;
  return [
    ...(record.error ? [`not asked: ${record.error}`] : []),
    ...(record.abstained ? ["the model abstained"] : []),
    ...record.problems.map((problem) => `answer: ${problem.replaceAll("_", " ")}`),
    ...record.flags,
    ...(contradicted ? [`${contradicted} ${contradicted === 1 ? "claim" : "claims"} contradicted`] : []),
  ];
}

function pValue(value) {
  if (value === null || value === undefined) return "";
  if (value === 0) return "< 1e-300"; // smaller than a number can say
  return value < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}

// Lower-case text to search, made when a set is first searched.
const searched = new Map();

function matches(record, words) {
  let text = searched.get(record);
  if (text === undefined) {
    text = [record.list, record.set, record.id, record.description, record.name, record.reasoning, ...oddities(record),
      ...record.genes.flatMap((gene) => [gene.symbol, gene.written, gene.name]),
      ...record.unmapped.map((gene) => gene.written),
      ...record.enriched.flatMap((term) => [term.name, term.id])].join("\n").toLowerCase();
    searched.set(record, text);
  }
  return words.every((word) => text.includes(word));
}
