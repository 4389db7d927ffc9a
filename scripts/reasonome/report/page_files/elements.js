// Elements built by hand: content from the data becomes a text node, never markup.
function element(tag, content, className) {
  const created = document.createElement(tag);
  if (content !== undefined && content !== null) created.append(content);
  if (className) created.className = className;
  return created;
}

// A name that a line may break behind its underscores; it is copied as it is.
function breakable(name) {
  const span = element("span");
  const pieces = name.match(/[^_]*_|[^_]+/g) ?? [];
  span.append(...pieces.flatMap((piece, place) => (place ? [element("wbr"), piece] : [piece])));
  return span;
}

function button(text, act, className) {
  const control = element("button", text, className);
  control.type = "button";
  control.addEventListener("click", act);
  return control;
}

function labelled(text, control, className) {
  const wrapper = element("label", text, className);
  wrapper.append(control);
  return wrapper;
}

// A menu of [text, value] choices, where a value may be anything; `changed` gets the chosen value.
function menu(choices, changed) {
  const select = element("select");
  let values = [];
  select.fill = (entries) => {
    values = entries.map(([, value]) => value);
    select.replaceChildren(...entries.map(([text], place) => new Option(text, String(place))));
  };
  Object.defineProperty(select, "chosen", {
    get: () => values[select.selectedIndex],
    set: (value) => { select.selectedIndex = values.indexOf(value); },
  });
  select.fill(choices);
  select.addEventListener("change", () => changed(select.chosen));
  return select;
}

function searchField(text, changed) {
  const field = element("input");
  field.type = "search";
  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(changed, 150);
  });
  return [field, labelled(text, field, "search")];
}

const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

// The search of a page's main table: its words select the rows, and Esc resets.
function tableSearch(text, { state, select, reset }) {
  const [field, label] = searchField(text, () => {
    state.words = wordsOf(field.value);
    select();
  });
  field.id = "search";
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    reset();
    select();
  });
  return [field, label];
}

function number(value, places) {
  return value === null || value === undefined ? "" : value.toFixed(places);
}

function definitions(entries, className) {
  const list = element("dl", undefined, className);
  for (const [name, content] of entries) {
    if (content === null) continue;
    list.append(element("dt", name), element("dd", content));
  }
  return list;
}

function plainTable(headings, lines, numbers = 0) {
  const table = element("table", undefined, "plain");
  const look = (place) => (place >= headings.length - numbers ? "number" : "");
  const head = element("tr");
  head.append(...headings.map((text, place) => element("th", text, look(place))));
  table.createTHead().append(head);
  const body = table.createTBody();
  for (const cells of lines) {
    const line = element("tr");
    line.append(...cells.map((content, place) => element("td", content, look(place))));
    body.append(line);
  }
  return table;
}

function part(title, ...content) {
  const made = element("div", undefined, "part");
  made.append(element("h4", title), ...content.flat());
  return made;
}

// A table that may be wider than the window.
function wide(table) {
  return element("div", table, "wide");
}

// Long tables are made when they are opened.
function onOpening(title, make) {
  const made = element("details");
  made.append(element("summary", title));
  made.addEventListener("toggle", () => { if (made.childElementCount === 1) made.append(make()); });
  return made;
}
