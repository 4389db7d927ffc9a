// What frames every page: tables that are cut off say so, a key for the search, light and dark.

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

const drawnInColours = []; // what to call when light turns to dark
const themes = ["", "light", "dark"];
const themeButton = document.getElementById("theme");
const system = matchMedia("(prefers-color-scheme: dark)");

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  themeButton.textContent = `colours: ${theme || "as the system"}`;
  for (const redraw of drawnInColours) redraw();
}

// A browser may keep nothing for a page that is a file.
function kept(act) {
  try {
    return act(window.localStorage);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

themeButton.addEventListener("click", () => {
  const now = document.documentElement.dataset.theme ?? "";
  const theme = themes[(themes.indexOf(now) + 1) % themes.length];
  setTheme(theme);
  kept((storage) => storage.setItem("reasonome-theme", theme));
});
system.addEventListener("change", () => drawnInColours.forEach((redraw) => redraw()));
themeButton.hidden = false;
const before = kept((storage) => storage.getItem("reasonome-theme"));
setTheme(themes.includes(before) ? before : "");
