// Every set: search, filters, and rows that open to the evidence.
const sets = (() => {
  const state = { words: [] };
  const at = (id) => document.getElementById(id);

  function drawBestTerm(record) {
    if (bestTerm(record)) return breakable(bestTerm(record).name);
    return record.error ? "" : element("span", "none: no adjusted p is at most 0.05", "no-name");
  }

  function drawOddities(record) {
    if (!oddities(record).length) return "";
    const made = element("span");
    made.append(...oddities(record).map((sentence) => element("span", `⚑ ${sentence}`, "oddity")));
    return made;
  }

  const columns = [
    ...(listNames.length > 1 ? [{ title: "list", key: (record) => record.list, draw: (record) => breakable(record.list), look: "short" }] : []),
    { title: "set", key: (record) => record.set, draw: (record) => breakable(record.set), look: "short" },
    { title: "name", key: nameOrWhy, draw: nameShown, look: "named" },
    { title: "confidence", key: (record) => record.confidence, isNumber: true, places: 2 },
    { title: "samples agree", key: (record) => record.agreement, isNumber: true, places: 2 },
    { title: "genes", key: (record) => record.genes.length, isNumber: true, places: 0 },
    { title: "unmapped", key: (record) => record.unmapped.length, isNumber: true, places: 0 },
    { title: "best enriched term", key: (record) => bestTerm(record)?.name ?? "", draw: drawBestTerm, look: "short" },
    { title: "adjusted p", key: (record) => bestTerm(record)?.adjusted_p ?? null, isNumber: true, lowestFirst: true,
      draw: (record) => pValue(bestTerm(record)?.adjusted_p) },
    { title: "name fits terms", key: (record) => record.enriched_agreement, isNumber: true, places: 2 },
    { title: "flags", key: (record) => oddities(record).join("; "), draw: drawOddities, look: "odd" },
  ];

  const table = new PagedTable({
    table: at("sets"),
    paging: at("paging"),
    status: at("status"),
    noun: "rows",
    sizes: [25, 50, 100, 500, Infinity],
    detail: evidence,
    opened: (content) => content.querySelector("h3").focus(),
    escape: () => search.focus(),
  });
  table.onSorted = () => { sorting.chosen = table.sorted.title; };

  function shown() {
    return records.filter((record) =>
      (inList.chosen === null || record.list === inList.chosen) &&
      (!onlyFlagged.checked || oddities(record).length) &&
      matches(record, state.words));
  }

  function select() {
    table.show(shown(), columns);
  }

  function reset() {
    search.value = "";
    state.words = [];
    inList.chosen = null;
    onlyFlagged.checked = false;
  }

  // One set, opened, wherever it is now.
  function open(record) {
    reset();
    select();
    table.open(record);
    document.activeElement.closest("tr.detail").previousSibling.scrollIntoView();
  }

  const [search, searchLabel] = tableSearch("search sets, names, genes, terms, reasoning", { table, state, select, reset });
  const inList = menu([["all lists", null], ...listNames.map((name) => [name, name])], select);
  const onlyFlagged = element("input");
  onlyFlagged.type = "checkbox";
  onlyFlagged.addEventListener("change", select);
  const onlyFlaggedLabel = element("label", undefined, "tick");
  onlyFlaggedLabel.append(onlyFlagged, "flagged only");
  const sorting = menu([["as in the file", null], ...columns.map((column) => [column.title, column.title])], (title) => {
    if (title) table.sortBy(title);
    else table.sorted = null;
    select();
  });
  const reverse = button("⇅ reverse", () => {
    if (!table.sorted) return;
    table.descending = !table.descending;
    select();
  });
  const controls = at("controls");
  controls.append(searchLabel);
  if (listNames.length > 1) controls.append(labelled("list", inList));
  controls.append(labelled("sort by", sorting), reverse, onlyFlaggedLabel);
  controls.append(button("Reset", () => {
    reset();
    sorting.chosen = null;
    table.sorted = null;
    select();
  }));
  select();
  return { open, search };
})();
