// Elements made by hand: whatever comes from the data becomes a text node, never markup.
function element(tag, content, className) {
  const made = document.createElement(tag);
  if (content !== undefined && content !== null) made.append(content);
  if (className) made.className = className;
  return made;
}

// A name that a line may break behind its underscores; it is copied as it is.
function breakable(name) {
  const made = element("span");
  const pieces = name.match(/[^_]*_|[^_]+/g) ?? [];
  made.append(...pieces.flatMap((piece, place) => (place ? [element("wbr"), piece] : [piece])));
  return made;
}

function button(text, act, className) {
  const made = element("button", text, className);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

function labelled(text, control, className) {
  const made = element("label", text, className);
  made.append(control);
  return made;
}

// A menu of [text, value] choices, where a value may be anything; `changed` gets the chosen value.
function menu(choices, changed) {
  const made = element("select");
  let values = [];
  made.fill = (entries) => {
    values = entries.map(([, value]) => value);
    made.replaceChildren(...entries.map(([text], place) => new Option(text, String(place))));
  };
  Object.defineProperty(made, "chosen", {
    get: () => values[made.selectedIndex],
    set: (value) => { made.selectedIndex = values.indexOf(value); },
  });
  made.fill(choices);
  made.addEventListener("change", () => changed(made.chosen));
  return made;
}

function searchField(text, changed) {
  const made = element("input");
  made.type = "search";
  let waiting;
  made.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(changed, 150);
  });
  return [made, labelled(text, made, "search")];
}

const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

// The search of a page's main table: its words are selected by, ↓ leads into the table, and Esc starts afresh.
function tableSearch(text, { table, state, select, reset }) {
  const [made, label] = searchField(text, () => {
    state.words = wordsOf(made.value);
    select();
  });
  made.id = "search";
  made.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      table.focus();
    } else if (event.key === "Escape") {
      event.preventDefault();
      reset();
      select();
    }
  });
  return [made, label];
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
    line.append(...cells.map((content, place) => {
      const cell = element("td", content, look(place));
      cell.dataset.title = headings[place]; // for narrow windows, which show no headings
      return cell;
    }));
    body.append(line);
  }
  return table;
}
