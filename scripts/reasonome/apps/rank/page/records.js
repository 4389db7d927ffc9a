// The rankings as the page holds them, and what is read off a record in more than one place.
const isOfCases = given.kind === "case";
const isByModel = given.model !== "";
const records = given.records.map((record) => ({ ...given.empty, ...record,
  genes: (record.genes ?? []).map((gene) => ({ ...given.empty_gene, ...gene })) }));
const lineOf = new Map(records.map((record, place) => [record, given.lines[place]]));
const fileNames = [...new Set(records.map((record) => record.file))];

// The gene that is ranked first, undefined where there is none.
const firstGene = (record) => record.genes.find((gene) => gene.rank === 1);
const bestOf = (record, rank) => record.genes.filter((gene) => gene[rank] === 1).map((gene) => gene.symbol);
const beside = (record) => bestOf(record, isOfCases ? "fit_rank" : "distance_rank");
const firstGenes = (record) => bestOf(record, "rank");
const knownFor = (gene) => gene.known.filter((known) => known.fit === "same").length;

// Whether a fact that is known here speaks for a gene: a phenotype of the case, or that no other is nearer.
const isSupported = (gene) => (isOfCases ? gene.known.length > 0 : gene.distance_rank === 1);

function geneOrWhy(record) {
  const gene = firstGene(record);
  if (gene) return isByModel ? gene.symbol : firstGenes(record).join(" = ");
  if (record.error) return "not asked";
  return isByModel ? "no usable answer" : "nothing fits";
}

// What was asked, in one line.
function askedText(record) {
  if (!isOfCases) return record.trait + (record.position === null ? "" : ` · ${record.chromosome}:${record.position.toLocaleString("en")}`);
  return record.present.map((term) => term.label).join(", ");
}

const oddities = (record) => [...(record.error ? [`not asked: ${record.error}`] : []), ...record.flags];
const percent = (share) => `${Math.round(100 * share)} %`;
const kilobases = (distance) => (distance === null ? "" : distance === 0 ? "0 (inside)" : (distance / 1000).toLocaleString("en", { maximumFractionDigits: 1 }));

const searchable = (record) => [record.file, record.name, record.id, askedText(record), record.reasons, ...record.absent.map((term) => term.label),
  ...record.present.map((term) => term.id), ...oddities(record),
  ...record.genes.flatMap((gene) => [gene.symbol, gene.name, ...gene.diseases.map((disease) => disease.name)])];

// A disease by its name, with a link to its page; the address is made from its id.
function diseaseLink(id, name) {
  const text = name ? `${name} (${id})` : id;
  if (!given.links[id]) return element("span", text);
  const link = element("a", text);
  link.href = given.links[id];
  link.rel = "noreferrer";
  return link;
}

// Parts in a row, with commas between.
function withCommas(parts) {
  const made = element("span");
  made.append(...parts.flatMap((part, place) => (place ? [", ", part] : [part])));
  return made;
}
