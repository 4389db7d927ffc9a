// Every set: search, filters, and rows that open to the evidence.
function drawSet(record) {
  const made = element("span");
  made.append(breakable(record.set));
  if (record.direction) made.append(element("small", record.direction, "under"));
  return made;
}

// The best term, and below it the best others of their libraries. A name of the model that stands with them is first, or
// behind the best term.
function drawTerms(record) {
  const made = element("span");
  made.append(calledShown(record));
  const best = bestTerm(record);
  if (best && !record.stands_first) made.append(element("small", best.library + foldedBelow(best), "under"));
  if (given.second_opinion && !record.stands_first) made.append(secondOpinion(record));
  const others = record.stands_first ? record.enriched.slice(0, 2) : record.enriched.slice(1, 3);
  made.append(...others.map((term) => {
    const line = element("small", termLink(term), "under");
    line.append(` (${term.library}), ${term.overlap}/${term.drawn}, ${pValue(term.adjusted_p)}${foldedBelow(term)}`);
    return line;
  }));
  return made;
}

function drawAdjusted(record) {
  const made = element("span", pValue(bestTerm(record)?.adjusted_p));
  const tests = bestTerm(record) && testsOf(record, bestTerm(record).library);
  if (tests) made.append(element("small", `of ${tests.toLocaleString("en")} tests`, "under"));
  return made;
}

const columns = [
  ...(listNames.length > 1 ? [{ title: "list", key: (record) => record.list, draw: (record) => breakable(record.list), look: "short" }] : []),
  { title: "set", key: (record) => record.set, draw: drawSet, look: "short" },
  { title: given.second_opinion ? "what they share" : "enriched terms", key: calledOrWhy, draw: drawTerms, look: "named" },
  { title: "gene ratio", key: (record) => (bestTerm(record) ? bestTerm(record).overlap / bestTerm(record).drawn : null), isNumber: true,
    draw: (record) => (bestTerm(record) ? `${bestTerm(record).overlap}/${bestTerm(record).drawn}` : "") },
  { title: "times chance", key: (record) => (bestTerm(record) ? timesChance(bestTerm(record)) : null), isNumber: true, places: 1 },
  { title: "adjusted p", key: (record) => bestTerm(record)?.adjusted_p ?? null, isNumber: true, lowestFirst: true,
    draw: drawAdjusted },
  ...(given.model && !given.second_opinion ? [{ title: "model's suggestion", key: suggestionOrWhy, draw: suggestionShown, look: "short" }] : []),
  { title: "genes", key: (record) => record.genes.length, isNumber: true, places: 0 },
  { title: "unmapped", key: (record) => record.unmapped.length, isNumber: true, places: 0 },
  { title: "flags", key: (record) => oddities(record).join("; "), draw: drawOddities, look: "odd" },
];

const select = () => browser.select();
const inList = menuOf("all lists", listNames, select);
const [onlyFlagged, onlyFlaggedLabel] = checkbox("flagged only", false, select);
const termDownload = button("Download terms (TSV)", () => downloadTerms(browser.table.entries));
const browser = recordBrowser({
  id: "sets",
  columns,
  prompt: `search sets, terms, genes${given.model ? ", names, reasoning" : ""}`,
  filters: [
    [inList, "chosen", null, (record) => inList.chosen === null || record.list === inList.chosen],
    [onlyFlagged, "checked", false, (record) => !onlyFlagged.checked || oddities(record).length],
  ],
  controls: [
    ...(listNames.length > 1 ? [labelled("list", inList)] : []),
    onlyFlaggedLabel,
  ],
  files: ["sets (TSV)", "sets (JSONL)"],
  buttons: [termDownload],
  shown: (table) => { termDownload.disabled = !table.entries.some((record) => termsOf(record).length); },
});
select();
