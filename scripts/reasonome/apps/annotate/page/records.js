// The annotated sets as the page holds them, and what is read off a record in more than one place.
const records = given.records;
const lineOf = new Map(records.map((record, place) => [record, given.lines[place]]));
const listNames = [...new Set(records.map((record) => record.list))];

const bestTerm = (record) => record.enriched[0];

// What a set is called on the page: its best enriched term, or why it has none.
function termOrWhy(record) {
  return bestTerm(record)?.name ?? (record.error ? "not tested" : "no term is enriched");
}

const termShown = (record) => (bestTerm(record) ? termLink(bestTerm(record), "name") : element("span", termOrWhy(record), "no-name"));

// Where the sources show the term of an id.
const PAGES_OF_TERMS = [
  [/^GO:\d{7}$/, (id) => `https://amigo.geneontology.org/amigo/term/${id}`],
  [/^R-[A-Z]{3}-\d+$/, (id) => `https://reactome.org/content/detail/${id}`],
  [/^WP\d+$/, (id) => `https://www.wikipathways.org/pathways/${id}.html`],
];

// The name of a term, or another text, as a link to its source; of other ids the text alone. Nothing is loaded before a click.
function termLink(term, className, text = term.name) {
  const [, page] = PAGES_OF_TERMS.find(([ids]) => ids.test(term.id)) ?? [];
  if (!page) return element("span", text, className);
  const made = element("a", text, className);
  Object.assign(made, { href: page(term.id), target: "_blank", rel: "noopener noreferrer" });
  return made;
}

// What the model suggests, or why there is nothing.
function suggestionOrWhy(record) {
  if (record.name) return record.name;
  if (record.answer) return "no name";
  return record.error ? "not asked" : "not asked, as no term is enriched";
}

const citedWrongly = (record) => record.paragraph.filter((one) => one.cites && !one.there).length;

// The suggestion as an element, and below it what of it was checked.
function suggestionShown(record) {
  const made = element("span");
  made.append(element("span", suggestionOrWhy(record), record.name ? "suggested" : "no-name"));
  if (record.name) made.append(element("small", record.name_is_term ? "an enriched term" : "the name of no enriched term", "under"));
  if (citedWrongly(record)) made.append(element("small", `✘ ${citedWrongly(record)} cited wrongly`, "under"));
  return made;
}

// All that is odd about a set or its answer, in sentences.
function oddities(record) {
  return [...(record.error ? [`not tested: ${record.error}`] : []), ...record.flags];
}

function pValue(value) {
  if (value === null || value === undefined) return "";
  if (value === 0) return "< 1e-300"; // smaller than a number can say
  return value < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}

const searchable = (record) => [record.list, record.set, record.id, record.description, record.direction, record.name, ...record.paragraph.map((one) => one.text), ...oddities(record),
  ...record.genes.flatMap((gene) => [gene.symbol, gene.written, gene.name]),
  ...record.unmapped.map((gene) => gene.written),
  ...record.enriched.flatMap((term) => [term, ...term.folded]).flatMap((term) => [term.name, term.id])];
