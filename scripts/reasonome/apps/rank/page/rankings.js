// Every case or locus: search, filters, and rows that open to the evidence.
const rankings = (() => {
  const state = { words: [] };
  const at = (id) => document.getElementById(id);

  function drawName(record) {
    const made = element("span");
    made.append(breakable(record.name));
    return made;
  }

  function drawAsked(record) {
    const text = askedText(record);
    return text.length > 140 ? `${text.slice(0, 140)} …` : text;
  }

  function drawFirst(record) {
    const gene = firstGene(record);
    if (!gene) return element("span", geneOrWhy(record), "no-name");
    if (!isByModel) return drawFirsts(record, gene);
    const isAgreed = gene.first >= 0.5;
    const made = element("span", gene.symbol, isSupported(gene) && isAgreed ? "name" : "no-name");
    made.append(element("small", gene.name, "under"));
    if (!isAgreed) made.append(element("small", "most answers do not put it first", "under"));
    if (isOfCases && !isSupported(gene)) made.append(element("small", "nothing known of it fits", "under"));
    return made;
  }

  // Without a model: all that share the first rank.
  function drawFirsts(record, gene) {
    const made = element("span", geneOrWhy(record), "name");
    if (firstGenes(record).length === 1) made.append(element("small", gene.name, "under"));
    return made;
  }

  function drawDiseases(record) {
    const diseases = firstGene(record)?.diseases ?? [];
    return withCommas(diseases.slice(0, 2).map((disease) => diseaseLink(disease.id, disease.name)));
  }

  // The next two, and all that are equal to the second.
  const next = (record) => {
    const others = record.genes.filter((gene) => gene.rank > 1);
    const shown = others.filter((gene) => gene.rank <= others[Math.min(1, others.length - 1)].rank);
    return shown.map((gene, i) => (i ? (gene.rank === shown[i - 1].rank ? " = " : ", ") : "") + gene.symbol).join("");
  };
  const ofFirst = (key) => (record) => (firstGene(record) ? firstGene(record)[key] : null);
  const columns = [
    ...(fileNames.length > 1 && fileNames.length < records.length ? [{ title: "file", key: (record) => record.file, draw: (record) => breakable(record.file), look: "short" }] : []),
    { title: isOfCases ? "case" : "locus", key: (record) => record.name, draw: drawName, look: "short" },
    { title: isOfCases ? "present" : "trait", key: askedText, draw: drawAsked, look: "odd" },
    { title: isByModel ? "model's first gene" : "first gene", key: geneOrWhy, draw: drawFirst, look: "short" },
    ...(isByModel ? [{ title: "first in", key: ofFirst("first"), isNumber: true, draw: (record) => (firstGene(record) ? percent(firstGene(record).first) : "") }] : []),
    { title: "then", key: next },
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

  const table = new PagedTable({
    table: at("rankings"),
    paging: at("paging"),
    status: at("status"),
    noun: "rows",
    sizes: [25, 50, 100, 500, Infinity],
    detail: evidence,
    opened: (content) => content.querySelector("h3").focus(),
    escape: () => search.focus(),
  });

  // Whether the model's first gene is also the best by phenotypes, or the nearest.
  const agrees = (record) => beside(record).includes(geneOrWhy(record));
  const views = { all: () => true, agree: agrees, differ: (record) => firstGene(record) && !agrees(record), odd: (record) => oddities(record).length };

  function select() {
    table.show(records.filter((record) => (inFile.chosen === null || record.file === inFile.chosen) && views[view.chosen](record) && matches(record, state.words)), columns);
    for (const control of downloads) control.disabled = !table.entries.length;
  }

  function reset() {
    search.value = "";
    state.words = [];
    inFile.chosen = null;
    view.chosen = "all";
  }

  // One row, opened, wherever it is now.
  function open(record) {
    reset();
    select();
    table.open(record);
    document.activeElement.closest("tr.detail").previousSibling.scrollIntoView();
  }

  const [search, searchLabel] = tableSearch(isOfCases ? "search cases, genes, phenotypes, diseases" : "search loci, genes, traits", { table, state, select, reset });
  const inFile = menu([["all files", null], ...fileNames.map((name) => [name, name])], select);
  const other = isOfCases ? "the best by phenotypes" : "the nearest gene";
  const compared = isByModel ? [[`the model's first gene is ${other}`, "agree"], [`it is not ${other}`, "differ"]] : [];
  const view = menu([["all", "all"], ...compared, ["flagged", "odd"]], select);
  const downloads = [
    button("Download TSV", () => downloadTsv(table.entries)),
    button("Download JSONL", () => downloadJsonLines(table.entries)),
  ];
  const together = element("span", undefined, "together");
  together.append(...downloads);
  const controls = at("controls");
  controls.append(searchLabel);
  if (fileNames.length > 1 && fileNames.length < records.length) controls.append(labelled("file", inFile));
  controls.append(labelled("show", view), button("Reset", () => {
    reset();
    table.sorted = null;
    select();
  }), together);
  select();
  return { open, search };
})();
