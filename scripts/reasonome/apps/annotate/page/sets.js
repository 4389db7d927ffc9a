// Every set: search, filters, near-identical ones folded into one line, and rows that open to the evidence.
const state = { unfolded: new Set(), folded: new Map(), members: new Set() };

function foldButton(record, others) {
  const isOpen = state.unfolded.has(record.group);
  const made = button(`${isOpen ? "▾" : "▸"} ${others} nearly the same`, () => {
    if (isOpen) state.unfolded.delete(record.group);
    else state.unfolded.add(record.group);
    browser.table.rearrange();
    at("sets").querySelector(`button.fold[data-group="${record.group}"]`).focus();
  }, "fold");
  made.dataset.group = record.group;
  made.setAttribute("aria-expanded", String(isOpen));
  return made;
}

function drawSet(record) {
  const made = element("span");
  if (state.members.has(record)) made.append(element("span", "↳ ", "member"));
  made.append(breakable(record.set));
  if (record.direction) made.append(element("small", record.direction, "under"));
  if (state.folded.has(record)) made.append(foldButton(record, state.folded.get(record)));
  return made;
}

// The best term, and below it the best others of their libraries.
function drawTerms(record) {
  const made = element("span");
  made.append(termShown(record));
  const best = bestTerm(record);
  if (best) made.append(element("small", best.library + foldedBelow(best), "under"));
  made.append(...record.enriched.slice(1, 3).map((term) => {
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
  { title: "enriched terms", key: termOrWhy, draw: drawTerms, look: "named" },
  { title: "gene ratio", key: (record) => (bestTerm(record) ? bestTerm(record).overlap / bestTerm(record).drawn : null), isNumber: true,
    draw: (record) => (bestTerm(record) ? `${bestTerm(record).overlap}/${bestTerm(record).drawn}` : "") },
  { title: "times chance", key: (record) => (bestTerm(record) ? timesChance(bestTerm(record)) : null), isNumber: true, places: 1 },
  { title: "adjusted p", key: (record) => bestTerm(record)?.adjusted_p ?? null, isNumber: true, lowestFirst: true,
    draw: drawAdjusted },
  ...(given.model ? [{ title: "model's suggestion", key: suggestionOrWhy, draw: suggestionShown, look: "short" }] : []),
  { title: "genes", key: (record) => record.genes.length, isNumber: true, places: 0 },
  { title: "unmapped", key: (record) => record.unmapped.length, isNumber: true, places: 0 },
  { title: "flags", key: (record) => oddities(record).join("; "), draw: drawOddities, look: "odd" },
];

// The first set of a group stands for the others, until its group is unfolded.
function arrange(entries) {
  state.folded.clear();
  state.members.clear();
  if (!folding.checked) return entries;
  const groups = new Map();
  for (const record of entries) {
    if (!groups.has(record.group)) groups.set(record.group, []);
    groups.get(record.group).push(record);
  }
  for (const [leader, ...others] of groups.values()) {
    if (others.length) state.folded.set(leader, others.length);
    for (const other of others) state.members.add(other);
  }
  return [...groups.values()].flatMap((group) => (state.unfolded.has(group[0].group) ? group : group.slice(0, 1)));
}

// How many sets are shown, and how many of them are folded.
function drawCounts(table) {
  const hidden = table.entries.length - table.lines.length;
  at("folded").textContent = `${table.entries.length.toLocaleString("en")} of ${records.length.toLocaleString("en")} sets` +
    (hidden ? `; ${hidden.toLocaleString("en")} of them are folded below a nearly identical one` : "");
}

const select = () => browser.select();
const inList = menuOf("all lists", listNames, select);
const [onlyFlagged, onlyFlaggedLabel] = checkbox("flagged only", false, select);
const [folding, foldingLabel] = checkbox("fold near-identical sets", true, select);
const browser = recordBrowser({
  id: "sets",
  columns,
  prompt: `search sets, terms, genes${given.model ? ", the model's words" : ""}`,
  filters: [
    [inList, "chosen", null, (record) => inList.chosen === null || record.list === inList.chosen],
    [onlyFlagged, "checked", false, (record) => !onlyFlagged.checked || oddities(record).length],
  ],
  controls: [
    ...(listNames.length > 1 ? [labelled("list", inList)] : []),
    onlyFlaggedLabel,
    ...(new Set(records.map((record) => record.group)).size < records.length ? [foldingLabel] : []),
  ],
  files: ["sets (TSV)", "sets (JSONL)"],
  arrange,
  unfold: (record) => state.unfolded.add(record.group),
  shown: drawCounts,
});
select();
