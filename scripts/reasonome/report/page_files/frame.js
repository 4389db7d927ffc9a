// What frames every page: tables that are cut off say so, and a key leads to the search.

// A table that is wider than the page says so, and leads to what is cut off.
const widths = new ResizeObserver((entries) => entries.forEach(({ target }) => hint(target.closest(".wide"))));
const hints = new Map();

function hint(wide) {
  const hidden = wide.scrollWidth - wide.clientWidth;
  const isEnd = wide.scrollLeft > hidden - 2;
  const shown = hints.get(wide);
  shown.hidden = hidden < 2;
  shown.textContent = isEnd ? "← the first columns" : "more columns →";
}

for (const wide of document.querySelectorAll(".wide")) {
  const more = button("", () => {
    const isEnd = wide.scrollLeft > wide.scrollWidth - wide.clientWidth - 2;
    wide.scrollLeft = isEnd ? 0 : wide.scrollLeft + 0.6 * wide.clientWidth;
  }, "more");
  hints.set(wide, more);
  wide.before(more);
  wide.addEventListener("scroll", () => hint(wide));
  for (const watched of [wide, wide.querySelector("table")]) widths.observe(watched);
}

// The key / leads to a search, unless somebody is typing.
function slashLeadsTo(search) {
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, select, textarea");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
}
