// The whole page: numbers that lead to rows, anchors that open, what waits until the table stands.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  const { runs, sides, metric: name, subset, stratum } = link.dataset;
  if (runs) browser.showRows({ runs: runs.split(" ").map(Number), name, subset, stratum });
  if (sides) comparison.choose(...sides.split(" ").map(Number), name);
});

// An anchor inside something closed opens it.
function reveal() {
  const target = document.getElementById(location.hash.slice(1)); // ids are plain, whatever an address holds
  if (!(target instanceof HTMLDetailsElement)) return;
  target.open = true;
  target.scrollIntoView();
  target.querySelector("summary").focus();
}
window.addEventListener("hashchange", reveal);
reveal();

slashLeadsTo(browser.search);
performance.mark("reasonome-interactive");

// What is further down is drawn when the table of answers stands.
setTimeout(comparison.start, 0);
