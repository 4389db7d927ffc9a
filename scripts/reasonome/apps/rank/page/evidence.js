// What stands below an opened case or locus: the whole ranking, what is known of each gene, the reasons.

function evidence(record) {
  const whole = element("div", undefined, "evidence");
  const heading = element("h3", record.name);
  heading.tabIndex = -1;
  const ranked = record.genes.filter((gene) => gene.rank !== null).map((gene) => gene.symbol);
  const copied = [ranked.length && ["Copy ranked genes", () => ranked.join("\n")], ["Copy rows as TSV", () => lineOf.get(record)]];
  whole.append(heading, handles(record, "link to this row", copied), questionFacts(record));
  if (record.genes.length) whole.append(part("Ranked genes, and what is known of them", rankingTable(record)));
  if (!record.error && isByModel) {
    whole.append(part("Reasons, written by the model", record.reasons
      ? element("p", record.reasons) : record.samples.some((sample) => sample.genes.length) ? "None: this answer is a list alone, as the style answer asks for. The style short asks for reasons."
        : "None: no answer has a list."));
  }
  if (record.samples.length) whole.append(part("Every answer of the model, as it came", samplesList(record.samples, (sample) => sample.genes.slice(0, 3).join(", ") || "no list")));
  return whole;
}

const named = (term) => `${term.label} (${term.id})`;

function questionFacts(record) {
  const odd = oddities(record);
  return definitions([
    ["from", [record.file, record.place].filter(Boolean).join(" · ")],
    ["trait", record.trait || null],
    [record.end === null ? "lead variant" : "from, to", record.position === null ? null : [`${placeText(record)}, GRCh38`, record.variant].filter(Boolean).join(" · ")],
    ["present", record.present.length ? record.present.map(named).join("; ") : null],
    ["absent", record.absent.length ? record.absent.map(named).join("; ") : null],
    ["age, sex", [record.age, record.sex].filter(Boolean).join(", ") || null],
    ["candidates", record.error ? null : candidatesText(record)],
    ["answers with a list", record.error || !isByModel ? null : `${record.samples.filter((sample) => sample.genes.length).length} of ${record.samples.length}`],
    ["flags", odd.length ? bullets(odd) : null],
  ], "facts");
}

function candidatesText(record) {
  if (!record.panel) return "any human gene";
  const all = record.panel.toLocaleString("en");
  if (record.shown === record.panel) return all;
  return `${all}, of which ${record.shown.toLocaleString("en")} ${isByModel ? "were in the prompt" : "are listed"}`;
}

function knownList(gene) {
  if (!gene.known.length) return element("span", "none of the case's", "no-name");
  const made = element("span");
  for (const known of gene.known) {
    const line = element("span", known.same ? `✔ ${known.label}` : `≈ ${known.label}: known for ${known.known_label}`, "oddity");
    const more = known.diseases.length > 4 ? "; …" : "";
    line.append(element("small", known.diseases.slice(0, 4).join("; ") + more, "under"));
    made.append(line);
  }
  return made;
}

// The diseases of a gene that fit best, and what of the patient is against each.
function diseaseList(gene) {
  const made = element("span");
  for (const disease of gene.diseases) {
    const line = element("span", undefined, "oddity");
    line.append(diseaseLink(disease));
    for (const one of disease.against ?? []) {
      const kind = one.known_label === one.label ? "" : `, as ${one.known_label}`;
      const told = one.is_present ? "is present, and few patients have it" : "is absent, and most patients have it";
      line.append(element("small", `✘ ${one.label} ${told}${kind}: ${one.stated}`, "under"));
    }
    made.append(line);
  }
  return made;
}

function rankingTable(record) {
  const answers = isByModel ? ["first in", "listed in"] : [];
  const headings = isOfCases
    ? ["gene", "known phenotypes that fit", "diseases that fit", "rank", ...answers, ...(isByModel ? ["rank by phenotypes"] : []), "fit", "overlap"]
    : ["gene", "rank", ...answers, ...(isByModel ? ["distance rank"] : []), "kb"];
  const other = isOfCases ? "fit_rank" : "distance_rank";
  const [shared, sharedOther] = [counts(record.genes, "rank"), counts(record.genes, other)];
  const rows = record.genes.map((gene) => {
    const who = element("span", gene.symbol, gene.rank === 1 ? "name" : undefined);
    who.append(element("small", gene.name + (gene.shown || !isByModel ? "" : " · not in the prompt"), "under"));
    const rank = rankText(gene.rank, shared);
    const votes = isByModel ? [rank, percent(gene.first), percent(gene.listed), rankText(gene[other], sharedOther)] : [rank];
    return isOfCases
      ? [who, knownList(gene), diseaseList(gene), ...votes, number(gene.fit, 2), number(gene.overlap, 2)]
      : [who, ...votes, kilobases(gene.distance)];
  });
  const why = isByModel ? "Genes without a rank were listed by no answer. " : "Genes without a rank have nothing to be ranked by. ";
  const unranked = record.genes.some((gene) => gene.rank === null) ? why : "";
  const told = isOfCases
    ? `${unranked}✔: HPO knows the gene for this phenotype or a kind of it. ≈: for another kind of a phenotype that few genes have. ✘: what of the patient is against the disease, and lowers the overlap to the fit.`
    : unranked;
  return [...(told ? [element("p", told)] : []), wide(plainTable(headings, rows, headings.length - (isOfCases ? 3 : 1)))];
}
