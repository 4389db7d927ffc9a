// Look through every answer: search, filter, sort, page. Data reach the page as text nodes only.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("answers-data").textContent);
  const EXAMPLE = { benchmark: 0, style: 1, subset: 2, id: 3, gold: 4, genes: 5, leftOut: 6 };
  const ROW = { run: 0, example: 1, sample: 2, answer: 3, reasoning: 4, text: 5, problems: 6, finish: 7, metrics: 8 };
  const facet = (row, name) => data.runs[row[ROW.run]][data.facets.indexOf(name)];
  const example = (row, field) => data.examples[row[ROW.example]][EXAMPLE[field]];
  const metric = (row, name) => {
    const at = data.metrics.indexOf(name);
    return at < 0 ? null : row[ROW.metrics + at];
  };
  const several = (name) => new Set(data.rows.map((row) => facet(row, name))).size > 1;

  function failures(row) {
    const found = row[ROW.problems].split(",").map((word) => word.trim()).filter(Boolean);
    if (!row[ROW.answer].trim()) found.push("no usable name");
    if (metric(row, "truncated")) found.push("cut off");
    return found;
  }

  const columns = [
    ...data.facets.filter((name) => name === "arm" || several(name))
      .map((name) => ({ title: name, text: (row) => facet(row, name) })),
    { title: "subset", text: (row) => example(row, "subset") },
    { title: "id", text: (row) => example(row, "id"), look: "id" },
    { title: "truth", text: (row) => example(row, "gold"), look: "short" },
    { title: "answer", text: (row) => row[ROW.answer], look: "short" },
    { title: "ROUGE-L", number: (row) => metric(row, "rouge_l"), digits: 3 },
    { title: "similarity", number: (row) => metric(row, "similarity"), digits: 3 },
    { title: "tokens", number: (row) => metric(row, "length"), digits: 0 },
    { title: "failures", text: (row) => failures(row).join(", ") },
  ].filter((column) => !column.number || data.rows.some((row) => column.number(row) !== null));
  if (data.rows.some((row) => row[ROW.sample] > 0)) {
    columns.splice(-1, 0, { title: "sample", number: (row) => row[ROW.sample], digits: 0 });
  }

  const filters = [
    ...data.facets.map((name) => ({ title: name, values: (row) => [facet(row, name)] })),
    { title: "subset", values: (row) => [example(row, "subset")] },
    { title: "failure", always: true, values: (row) => {
      const found = failures(row);
      return found.length ? ["any failure", ...found] : ["none"];
    } },
  ];

  const state = { words: [], chosen: new Map(), sort: null, descending: false, page: 0, size: 25, shown: data.rows };
  const haystacks = new Array(data.rows.length); // built when first searched
  const position = new Map(data.rows.map((row, index) => [row, index]));

  function haystack(row) {
    const index = position.get(row);
    haystacks[index] ??= [
      ...data.runs[row[ROW.run]], ...data.examples[row[ROW.example]],
      row[ROW.answer], row[ROW.reasoning], row[ROW.text], row[ROW.problems],
    ].join("\n").toLowerCase();
    return haystacks[index];
  }

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function button(text, act) {
    const made = element("button", text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  function select() {
    const active = filters.filter((filter) => state.chosen.get(filter));
    state.shown = data.rows.filter((row) =>
      active.every((filter) => filter.values(row).includes(state.chosen.get(filter))) &&
      state.words.every((word) => haystack(row).includes(word)));
    if (state.sort) {
      const key = state.sort.number || state.sort.text;
      const sign = state.descending ? -1 : 1;
      const keyed = state.shown.map((row) => [key(row), row]);
      const collator = new Intl.Collator("en", { numeric: true });
      keyed.sort(([a], [b]) => {
        if (a === null || b === null) return (a === null) - (b === null); // unknown numbers always last
        return sign * (state.sort.number ? a - b : collator.compare(a, b));
      });
      state.shown = keyed.map(([, row]) => row);
    }
    state.page = 0;
    draw();
  }

  const table = document.getElementById("browser");
  const [head, body] = [table.tHead, table.tBodies[0]];

  function drawHead() {
    const row = element("tr");
    row.append(element("td"));
    for (const column of columns) {
      const cell = element("th", undefined, column.number ? "number" : "");
      cell.scope = "col";
      const sorted = state.sort === column;
      if (sorted) cell.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
      const arrow = sorted ? (state.descending ? " ▼" : " ▲") : "";
      cell.append(button(column.title + arrow, () => {
        state.descending = state.sort === column ? !state.descending : Boolean(column.number);
        state.sort = column;
        drawHead();
        head.rows[0].cells[columns.indexOf(column) + 1].firstChild.focus();
        select();
      }));
      row.append(cell);
    }
    head.replaceChildren(row);
  }

  function draw() {
    const pages = Math.max(1, Math.ceil(state.shown.length / state.size));
    state.page = Math.min(Math.max(state.page, 0), pages - 1);
    const from = state.page * state.size;
    const rows = state.shown.slice(from, from + state.size);
    body.replaceChildren(...rows.map(drawRow));
    const count = state.shown.length.toLocaleString("en");
    status.textContent = rows.length
      ? `${(from + 1).toLocaleString("en")}–${(from + rows.length).toLocaleString("en")} of ${count} answers`
      : "No answer fits. Clear the search or a filter.";
    where.textContent = `page ${state.page + 1} of ${pages}`;
    first.disabled = previous.disabled = state.page === 0;
    last.disabled = next.disabled = state.page >= pages - 1;
  }

  function drawRow(row) {
    const line = element("tr");
    const toggle = button("+", () => {
      const open = toggle.getAttribute("aria-expanded") === "true";
      if (open) line.nextSibling.remove();
      else line.after(drawDetail(row));
      toggle.setAttribute("aria-expanded", String(!open));
      toggle.textContent = open ? "+" : "−";
    });
    toggle.setAttribute("aria-expanded", "false");
    toggle.setAttribute("aria-label", "Details");
    const cell = element("td", undefined, "toggle");
    cell.append(toggle);
    line.append(cell);
    for (const column of columns) {
      if (column.number) {
        const value = column.number(row);
        line.append(element("td", value === null ? "" : value.toFixed(column.digits), "number"));
      } else {
        line.append(element("td", column.text(row), column.look));
      }
    }
    return line;
  }

  function drawDetail(row) {
    const list = element("dl");
    const add = (title, content) => {
      const value = element("dd");
      value.append(content);
      list.append(element("dt", title), value);
    };
    const genes = example(row, "genes").split(" ").filter(Boolean);
    const leftOut = Number(example(row, "leftOut")) || 0;
    add(`${genes.length} genes` + (leftOut ? `, ${leftOut} of them left out of the prompt` : ""), genes.join(" "));
    add("truth", example(row, "gold"));
    add("answer, written by the model", row[ROW.answer] || "none");
    const steps = element("ol");
    steps.append(...row[ROW.reasoning].split("\n").filter(Boolean).map((step) => element("li", step)));
    add("reasoning, written by the model", steps.childNodes.length ? steps : "none");
    add("raw text, written by the model", element("pre", row[ROW.text]));
    const scores = data.metrics.filter((name) => metric(row, name) !== null);
    add("scores", scores.map((name) => `${name} ${metric(row, name)}`).join(" · "));
    add("ended by", row[ROW.finish] || "not recorded");
    const others = button("Every answer to this example", () => {
      search.value = example(row, "id");
      for (const [choice] of selects) choice.value = "";
      state.chosen.clear();
      searched();
      search.focus();
    });
    const line = element("tr", undefined, "detail");
    const cell = element("td");
    cell.colSpan = columns.length + 1;
    cell.append(list, others);
    line.append(cell);
    return line;
  }

  // Controls
  const labelled = (title, control, className) => {
    const label = element("label", title, className);
    label.append(control);
    return label;
  };
  const controls = document.getElementById("controls");
  const status = document.getElementById("status");
  const search = element("input");
  search.type = "search";
  function searched() {
    state.words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    select();
  }
  let waiting;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(searched, 150);
  });
  controls.append(labelled("search names, genes, ids, reasoning", search, "search"));
  const selects = [];
  for (const filter of filters) {
    const values = [...new Set(data.rows.flatMap(filter.values))];
    if (values.length < 2 && !filter.always) continue;
    const choice = element("select");
    choice.append(new Option("all", ""), ...values.map((value, index) => new Option(value, String(index + 1))));
    choice.addEventListener("change", () => {
      state.chosen.set(filter, choice.value === "" ? undefined : values[Number(choice.value) - 1]);
      select();
    });
    selects.push([choice, filter]);
    controls.append(labelled(filter.title, choice));
  }

  const turn = (to) => () => { state.page = to(); draw(); };
  const first = button("First", turn(() => 0));
  const previous = button("Previous", turn(() => state.page - 1));
  const next = button("Next", turn(() => state.page + 1));
  const last = button("Last", turn(() => Infinity));
  const where = element("span");
  const size = element("select");
  size.append(...[25, 50, 100].map((count) => new Option(`${count} per page`, String(count))));
  size.setAttribute("aria-label", "Answers per page");
  size.addEventListener("change", () => { state.size = Number(size.value); state.page = 0; draw(); });
  document.getElementById("paging").append(first, previous, where, next, last, size);

  drawHead();
  draw();
})();
