// Tables that come packed: an array of columns { title, cells, places, filtered, below }. An entry is the number of a row.
async function unpack(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// A cell as a list: of the texts of one that has several, else of one value.
const valuesOf = (column, row) => [column.cells[row]].flat().filter((value) => value !== null && value !== "");
const textOf = (column, row) => valuesOf(column, row).join(", ");

function drawNumber({ cells, places }, row) {
  const value = cells[row];
  const isTiny = value !== 0 && Math.abs(value) < 10 ** -places / 2; // such as a p
  return value !== null && isTiny ? value.toExponential(0) : number(value, places);
}

// A menu of the values of a column, each with the number of its rows; null stands for all.
function filterMenu(column, rows, changed) {
  const counts = new Map();
  for (const value of rows.flatMap((row) => valuesOf(column, row))) counts.set(value, (counts.get(value) || 0) + 1);
  const entries = [...counts].map(([value, count]) => [`${value} (${count.toLocaleString("en")})`, value]);
  return { column, control: menu([["all", null], ...entries], changed), isOf: counts.size };
}

async function fill(place) {
  const columns = await unpack(place.querySelector("script").textContent);
  const rows = (columns[0]?.cells ?? []).map((_, row) => row);
  const searched = new Map();
  const table = new PagedTable({
    table: place.querySelector("table"),
    paging: place.querySelector(".paging"),
    status: place.querySelector("[role=status]"),
    noun: "rows",
    detail: (row) => definitions(columns.filter((column) => column.below && textOf(column, row))
      .map((column) => [column.title, textOf(column, row)])),
  });

  function has(row, word) {
    if (!searched.has(row)) searched.set(row, columns.map((column) => textOf(column, row)).join("\n").toLowerCase());
    return searched.get(row).includes(word);
  }

  function select() {
    const words = wordsOf(search.value);
    const active = filters.filter(({ control }) => control.chosen !== null);
    table.show(rows.filter((row) => active.every(({ column, control }) => valuesOf(column, row).includes(control.chosen)) &&
      words.every((word) => has(row, word))));
  }

  const [search, searchLabel] = searchField("search", select);
  const filters = columns.filter((column) => column.filtered).map((column) => filterMenu(column, rows, select))
    .filter(({ isOf }) => isOf > 1);
  place.querySelector(".controls").append(searchLabel, ...filters.map(({ column, control }) => labelled(column.title, control)));
  table.show(rows, columns.filter((column) => !column.below).map((column) => (column.places === null
    ? { title: column.title, key: (row) => textOf(column, row), look: column.filtered ? "" : "short" }
    : { title: column.title, key: (row) => column.cells[row], isNumber: true, draw: (row) => drawNumber(column, row) })));
}

Promise.all([...document.querySelectorAll(".data-table")].map(fill)).then(() => performance.mark("reasonome-interactive"));
