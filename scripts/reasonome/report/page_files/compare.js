// Two models, or a model and a baseline, side by side: both answers to each question, and their difference.
const comparison = (() => {
  const table = new PagedTable({
    table: document.getElementById("compared"),
    paging: document.getElementById("compare-paging"),
    status: document.getElementById("compare-summary"),
    noun: "questions",
    detail: ({ a, b }) => {
      const whole = element("div");
      const sides = element("div", undefined, "sides");
      sides.append(answerDetail(a), answerDetail(b));
      whole.append(questionDetail(a), sides, baselinesDetail(a));
      return whole;
    },
    escape: () => search.focus(),
  });

  // Rows of two runs on the same question, sample and order; a single answer stands beside every sample.
  function pairs(a, b) {
    const exact = new Map(), any = new Map();
    const key = (row) => `${exampleOf(row)} ${sampleOf(row)} ${metric(row, "order") ?? 0}`;
    for (const row of rowsOf(b)) {
      exact.set(key(row), row);
      if (!any.has(exampleOf(row))) any.set(exampleOf(row), row);
    }
    const matched = [];
    for (const row of rowsOf(a)) {
      const other = exact.get(key(row)) ?? any.get(exampleOf(row));
      if (other) matched.push({ a: row, b: other });
    }
    return matched;
  }

  // A name whose words that the other name lacks are marked.
  function marked(text, other) {
    const left = new Map();
    for (const each of wordsOf(other)) left.set(each, (left.get(each) || 0) + 1);
    const shown = document.createDocumentFragment();
    for (const piece of text.split(/(\s+)/)) {
      const count = left.get(piece.toLowerCase()) || 0;
      if (count) left.set(piece.toLowerCase(), count - 1);
      shown.append(count || !piece.trim() ? piece : element("mark", piece));
    }
    return text ? shown : element("i", "none");
  }

  const score = (row) => metric(row, measure.chosen);
  const difference = ({ a, b }) => (score(a) === null || score(b) === null ? null : score(a) - score(b));
  const isRight = (row) => metric(row, RIGHT) === 1;
  const answer = (row) => word(row, "answer");

  function columns() {
    const places = digits(measure.chosen);
    return [
      { title: "subset", key: ({ a }) => about(a, "subset") },
      { title: "id", key: ({ a }) => about(a, "id"), look: "id" },
      { title: "truth", key: ({ a }) => about(a, "gold"), look: "short" },
      { title: "A", key: ({ a }) => answer(a), draw: ({ a, b }) => marked(answer(a), answer(b)), look: "short" },
      { title: "A's score", key: ({ a }) => score(a), isNumber: true, places },
      { title: "B", key: ({ b }) => answer(b), draw: ({ a, b }) => marked(answer(b), answer(a)), look: "short" },
      { title: "B's score", key: ({ b }) => score(b), isNumber: true, places },
      { title: "A − B", key: difference, isNumber: true, draw: (pair) => signed(difference(pair), places) },
    ];
  }

  function signed(value, places) {
    return value === null ? "" : (value > 0 ? "+" : value < 0 ? "−" : "") + Math.abs(value).toFixed(places);
  }

  const shows = [
    ["all questions", () => true],
    ["only A right", ({ a, b }) => isRight(a) && !isRight(b)],
    ["only B right", ({ a, b }) => !isRight(a) && isRight(b)],
    ["both right", ({ a, b }) => isRight(a) && isRight(b)],
    ["neither right", ({ a, b }) => !isRight(a) && !isRight(b)],
    ["A scores higher", (pair) => difference(pair) > 0],
    ["B scores higher", (pair) => difference(pair) < 0],
    ["answers differ", ({ a, b }) => answer(a).toLowerCase() !== answer(b).toLowerCase()],
  ];

  let paired = [];

  function pair() {
    paired = pairs(runA.chosen, runB.chosen);
    const subsets = [...new Set(paired.map(({ a }) => about(a, "subset")))].sort();
    const before = subset.chosen;
    subset.fill([["all", null], ...subsets.map((name) => [name, name])]);
    subset.chosen = subsets.includes(before) ? before : null;
    select();
  }

  function select() {
    const words = wordsOf(search.value);
    const scope = paired.filter(({ a, b }) =>
      (subset.chosen === null || about(a, "subset") === subset.chosen) &&
      (!words.length || words.every((each) => matches(a, [each]) || matches(b, [each]))));
    table.show(scope.filter(show.chosen), columns());
    const known = scope.map(difference).filter((value) => value !== null);
    const count = (test) => known.filter(test).length.toLocaleString("en");
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    overall.textContent = known.length
      ? `A − B in ${inWords(measure.chosen)}: ${signed(mean, 3)} over ${known.length.toLocaleString("en")} pairs of answers; ` +
        `A is higher in ${count((value) => value > 0)}, B in ${count((value) => value < 0)}. ` +
        `Only A is right in ${scope.filter(shows[1][1]).length}, only B in ${scope.filter(shows[2][1]).length}.`
      : "These two have no question in common that both were scored on.";
  }

  function choose(a, b, name) {
    runA.chosen = stored.runs[a];
    runB.chosen = stored.runs[b];
    if (metricNames.includes(name)) measure.chosen = name;
    search.value = "";
    show.chosen = shows[0][1];
    subset.chosen = null;
    pair();
    table.focus();
  }

  const controls = document.getElementById("compare-controls");
  const entries = stored.runs.map((run) => {
    const isBaseline = label(run, "kind") === "baseline";
    return [`${isBaseline ? "baseline: " : ""}${title(run)}`, run];
  });
  const runA = menu(entries, pair);
  const runB = menu(entries, pair);
  const measure = menu(metricMenuEntries(), select);
  const show = menu(shows, select);
  const subset = menu([["all", null]], select);
  const [search, searchLabel] = searchField("search both", select);
  const overall = element("p", undefined, "overall");
  controls.append(labelled("A", runA), labelled("B", runB), labelled("metric", measure), labelled("show", show),
    labelled("subset", subset), searchLabel);
  controls.after(overall);
  measure.chosen = MAIN;
  // The last model of the first setting against the one before it, or against a baseline.
  const setting = (run) => ["benchmark", "style", "decoding"].map((name) => label(run, name)).join("\n");
  const alike = models.filter((run) => setting(run) === setting(models[0]));
  runA.chosen = alike.at(-1);
  runB.chosen = alike.at(-2) ?? stored.runs.find((run) => label(run, "kind") === "baseline");
  return { choose, start: pair };
})();
