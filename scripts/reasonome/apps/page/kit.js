// What the pages of all applications have in common. A page has `records`, the line of each in its table (`lineOf`), the
// texts by which one is found (`searchable`), what is odd about it (`oddities`), what stands below it when it is opened
// (`evidence`), and a `browser` of them all.
const given = JSON.parse(document.getElementById("data").textContent);
const VERDICTS = { supported: "✔", related: "≈", unknown: "?", contradicted: "✘" };
const sections = []; // functions that fill the page's other sections

const at = (id) => document.getElementById(id);

// Lower-case text to search, made when a record is first searched.
const searched = new Map();

function matches(record, words) {
  let text = searched.get(record);
  if (text === undefined) {
    text = searchable(record).join("\n").toLowerCase();
    searched.set(record, text);
  }
  return words.every((word) => text.includes(word));
}

function bullets(sentences, className) {
  const list = element("ul", undefined, className);
  list.append(...sentences.map((sentence) => element("li", sentence)));
  return list;
}

function checkbox(title, checked, changed) {
  const control = element("input");
  control.type = "checkbox";
  control.checked = checked;
  control.addEventListener("change", changed);
  const label = element("label", undefined, "tick");
  label.append(control, title);
  return [control, label];
}

// A menu of names, and of all of them.
const menuOf = (all, names, changed) => menu([[all, null], ...names.map((name) => [name, name])], changed);

// What may be copied of an opened record, as [title, text()], and its address.
function handles(record, title, copied) {
  const line = element("p", undefined, "handles");
  const link = element("a", title);
  link.href = `#${encodeURIComponent(record.id)}`;
  line.append(...copied.filter(Boolean).map(([what, text]) => copyButton(what, text)), link);
  return line;
}

// Checked claims as a table, `cells` of each before and behind its verdict; then the sentences that `note` is of.
function checkedClaims(record, { headings, cells, none, noFact, note }) {
  const lines = record.claims.map((claim) => {
    const verdict = element("span", `${VERDICTS[claim.verdict] ?? ""} ${claim.verdict}`, `verdict ${claim.verdict}`);
    return [...cells(claim), verdict, claim.fact || noFact];
  });
  const shown = lines.length ? wide(plainTable([...headings, "verdict", "the fact behind it"], lines)) : none;
  return record.unchecked.length ? [shown, element("p", note), bullets(record.unchecked, "unchecked")] : [shown];
}

function samplesList(samples, title) {
  return samples.map((sample, place) => onOpening(`answer ${place + 1}: ${title(sample)}`, () => element("pre", sample.text)));
}

// The table of all records with its search, filters and downloads. filters: [control, property, usual value,
// keeps(record)]; controls: what stands between search and Reset; files: what its downloads are called;
// unfold(record): gives a record a line; shown(table): what follows a selection.
function recordBrowser({ id, columns, prompt, filters, controls, files, arrange, unfold, shown }) {
  const state = { words: [] };
  const table = new PagedTable({
    table: at(id),
    paging: at("paging"),
    status: at("status"),
    noun: "rows",
    detail: evidence,
    arrange,
    opened: (content) => content.querySelector("h3").focus(),
  });

  function select() {
    table.show(records.filter((record) => filters.every(([, , , keeps]) => keeps(record)) && matches(record, state.words)), columns);
    for (const control of downloads) control.disabled = !table.entries.length;
    shown?.(table);
  }

  function reset() {
    search.value = "";
    state.words = [];
    for (const [control, property, usual] of filters) control[property] = usual;
  }

  // One record, opened, wherever it is now.
  function open(record) {
    reset();
    unfold?.(record);
    select();
    table.open(record);
    document.activeElement.closest("tr.detail").previousSibling.scrollIntoView();
  }

  const [search, searchLabel] = tableSearch(prompt, { state, select, reset });
  const downloads = [
    button(`Download ${files[0]}`, () => downloadTsv(table.entries)),
    button(`Download ${files[1]}`, () => downloadJsonLines(table.entries)),
  ];
  const together = element("span", undefined, "together");
  together.append(...downloads);
  at("controls").append(searchLabel, ...controls, button("Reset", () => {
    reset();
    table.sorted = null;
    select();
  }), together);
  return { open, select, table };
}
