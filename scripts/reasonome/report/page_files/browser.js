// Every answer: search, filters, a menu to sort by any metric, and rows that open.
const browser = (() => {
  const several = (name) => new Set(models.map((run) => label(run, name))).size > 1;
  const facets = stored.facets.filter((name) => name === "arm" || (name !== "kind" && several(name)));
  const isModel = (row) => label(row.run, "kind") === "model";
  // The table opens with the last arm's answers. Baselines have no arm, so that choosing one hides none of them.
  const filters = [
    { title: "answers of", values: (row) => [isModel(row) ? "models" : "baselines"], preset: "models" },
    ...facets.map((name) => ({ title: name, values: (row) => [label(row.run, name)],
      ...(name === "arm" && models.length ? { preset: label(models.at(-1), name), ofModels: true } : {}) })),
    ...["subset", "stratum"].map((name) => ({ title: name, values: (row) => [about(row, name)] })),
    { title: "relation to the truth", values: (row) => [word(row, "relation")] },
    { title: "linked by", values: (row) => [word(row, "term_by")] },
    { title: "failure", always: true, values: (row) => {
      const kinds = failures(row);
      return kinds.length ? ["any failure", ...kinds] : ["none"];
    } },
  ];
  const state = { words: [], scope: null, rows: [] };

  function columns() {
    const shown = [...BESIDE_ANSWERS];
    if (sorting.chosen && !shown.includes(sorting.chosen)) shown.unshift(sorting.chosen);
    const measured = shown.filter((name) => metricNames.includes(name));
    const all = [
      ...facets.map((name) => ({ title: name, key: (row) => label(row.run, name) })),
      { title: "subset", key: (row) => about(row, "subset") },
      { title: "id", key: (row) => about(row, "id"), look: "id" },
      { title: "truth", key: (row) => about(row, "gold"), look: "short" },
      { title: "answer", key: (row) => word(row, "answer"), look: "short" },
      ...measured.map((name) => ({
        title: inWords(name), metric: name, key: (row) => metric(row, name), isNumber: true, places: digits(name),
      })),
      { title: "failures", key: (row) => failures(row).join(", "), look: "short" },
    ];
    if (rows.some((row) => sampleOf(row) > 0)) {
      all.splice(-1, 0, { title: "sample", key: sampleOf, isNumber: true, places: 0 });
    }
    return all;
  }

  const table = new PagedTable({
    table: document.getElementById("browser"),
    paging: document.getElementById("paging"),
    status: document.getElementById("status"),
    noun: "answers",
    detail: (row) => {
      const whole = element("div");
      whole.append(questionDetail(row), baselinesDetail(row), answerDetail(row), button("Every answer to this question", () => {
        clear();
        limit({ text: `every answer to ${about(row, "id")}`, test: (other) => exampleOf(other) === exampleOf(row) });
        table.focus();
      }));
      return whole;
    },
    escape: () => search.focus(),
  });
  table.onSorted = () => { sorting.chosen = table.sorted.metric ?? null; };

  function select() {
    const active = filters.filter((filter) => filter.control.chosen !== null);
    state.rows = rows.filter((row) =>
      (!state.scope || state.scope.test(row)) &&
      active.every((filter) => (filter.ofModels && !isModel(row)) || filter.values(row).includes(filter.control.chosen)) &&
      (!state.words.length || matches(row, state.words)));
    table.show(state.rows, columns());
  }

  function sort(name, descending) {
    sorting.chosen = name;
    table.columns = columns();
    if (name) table.sortBy(inWords(name), descending);
    else table.sorted = null;
  }

  function reset() {
    search.value = "";
    state.words = [];
    state.scope = null;
    chip.hidden = true;
    for (const filter of filters) filter.control.chosen = filter.preset ?? null;
  }

  // No filter, not those that the table opens with either.
  function clear() {
    reset();
    for (const filter of filters) filter.control.chosen = null;
  }

  // Show only what `test` passes, and say so in words, with a button to end it.
  function limit({ text, test }) {
    state.scope = { test };
    chip.replaceChildren(`Only ${text}. `, button("Show all", () => {
      reset();
      select();
      search.focus();
    }));
    chip.hidden = false;
    select();
  }

  // The rows behind a number: of these runs, on a subset or those that the mean is of, sorted by the metric.
  function showRows({ runs, name, subset, stratum }) {
    clear();
    const chosen = new Set(runs);
    filters[0].control.chosen = "models";
    if (label(stored.runs[runs[0]], "kind") !== "model") filters[0].control.chosen = "baselines";
    const isKnown = runs.some((run) => stored.runs[run].metrics[name] !== undefined);
    sort(isKnown ? name : null, true);
    if (name === "distinct_names") table.sortBy("answer", false);
    if (name === "no_name") filters.at(-1).control.chosen = stored.unusable;
    const who = runs.map((run) => title(stored.runs[run])).join(", ");
    const where = subset === "mean" ? "" : `, ${subset}`;
    limit({
      text: `${who}${where}${stratum ? `, ${stratum}` : ""}`,
      test: (row) => chosen.has(row.run.number) && (!stratum || about(row, "stratum") === stratum) &&
        (subset === "mean" ? stored.in_mean[about(row, "benchmark")].includes(about(row, "subset"))
          : about(row, "subset") === subset),
    });
    table.focus();
  }

  const controls = document.getElementById("controls");
  const chip = document.getElementById("scope");
  const [search, searchLabel] = tableSearch("search names, genes, ids, reasoning", { table, state, select, reset });
  search.addEventListener("focus", () => {
    if (!longTexts) unpackAll().then(() => { if (state.words.length) select(); });
  });
  controls.append(searchLabel);
  for (const filter of filters) {
    const counts = new Map();
    for (const row of rows) {
      if (filter.title === "failure" && !isModel(row)) continue;
      for (const value of filter.values(row)) counts.set(value, (counts.get(value) || 0) + 1);
    }
    if (filter.title === "arm") {
      for (const row of rows) if (!isModel(row)) counts.delete(label(row.run, "arm"));
    }
    counts.delete("");
    const counted = filter.title === "failure";
    const entries = [...counts].map(([value, count]) => [counted ? `${value} (${count.toLocaleString("en")})` : value, value]);
    filter.control = menu([["all", null], ...entries], select);
    filter.control.chosen = filter.preset ?? null;
    if (counts.size > 1 || filter.always) controls.append(labelled(filter.title, filter.control));
  }
  const sorting = menu([["the plan's order", null], ...metricMenuEntries()], (name) => {
    sort(name, true);
    table.show(state.rows, columns());
  });
  const order = button("⇅ reverse", () => {
    if (!table.sorted) return;
    table.descending = !table.descending;
    table.show(state.rows);
  });
  controls.append(labelled("sort by", sorting), order, button("reset", () => {
    reset();
    sort(null, false);
    select();
  }));
  select();
  return { showRows, search };
})();
