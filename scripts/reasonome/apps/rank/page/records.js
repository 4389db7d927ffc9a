// The rankings as the page holds them, and what is read off a record in more than one place.
const isOfCases = given.kind === "case";
const isByModel = given.model !== "";
const records = given.records.map((record) => ({ ...given.empty, ...record,
  genes: (record.genes ?? []).map((gene) => ({ ...given.empty_gene, ...gene })) }));
const lineOf = new Map(records.map((record, place) => [record, given.lines[place]]));
const fileNames = [...new Set(records.map((record) => record.file))];

// The genes that are ranked first, by the model or by something that is known.
const bestBy = (record, rank) => record.genes.filter((gene) => gene[rank] === 1);
const firstGenes = (record) => bestBy(record, "rank");
const firstGene = (record) => firstGenes(record)[0];
const symbolsOf = (genes) => genes.slice(0, 3).map((gene) => gene.symbol).join(" = ") + (genes.length > 3 ? ` and ${genes.length - 3} more tie` : "");
const knownFor = (gene) => gene.known.filter((known) => known.same).length;
const counts = (genes, rank) => genes.reduce((found, gene) => found.set(gene[rank], (found.get(gene[rank]) ?? 0) + 1), new Map());
const rankText = (rank, counted) => (rank === null ? "–" : `${rank}${counted.get(rank) > 1 ? "=" : ""}`);

// Whether a fact that is known here speaks for a gene: a phenotype of the case, or that no other is nearer.
const isSupported = (gene) => (isOfCases ? gene.known.length > 0 : gene.distance_rank === 1);

function geneOrWhy(record) {
  if (firstGene(record)) return symbolsOf(firstGenes(record));
  if (record.error) return "not asked";
  return isByModel ? "no usable answer" : "nothing fits";
}

const placeText = (record) => `${record.chromosome}:${record.position.toLocaleString("en")}${record.end === null ? "" : `–${record.end.toLocaleString("en")}`}`;

// What was asked, in one line.
function askedText(record) {
  if (!isOfCases) return record.trait + (record.position === null ? "" : ` · ${placeText(record)}`);
  return record.present.map((term) => term.label).join(", ");
}

const oddities = (record) => [...(record.error ? [`not asked: ${record.error}`] : []), ...record.flags];
const percent = (share) => `${Math.round(100 * share)} %`;
const kilobases = (distance) => (distance === null ? "" : distance === 0 ? "0 (inside)" : (distance / 1000).toLocaleString("en", { maximumFractionDigits: 1 }));

const searchable = (record) => [record.file, record.name, record.id, askedText(record), record.reasons, ...record.absent.map((term) => term.label),
  ...record.present.map((term) => term.id), ...oddities(record),
  ...record.genes.flatMap((gene) => [gene.symbol, gene.name, ...gene.diseases.map((disease) => disease.name)])];

// A disease by its name, with a link to its page.
function diseaseLink(disease) {
  if (!disease.link) return element("span", disease.name);
  const link = element("a", disease.name);
  link.href = disease.link;
  link.rel = "noreferrer";
  return link;
}

// Parts in a row, with commas between.
function withCommas(parts) {
  const made = element("span");
  made.append(...parts.flatMap((part, place) => (place ? [", ", part] : [part])));
  return made;
}
