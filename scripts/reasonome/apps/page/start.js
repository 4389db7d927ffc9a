// The whole page: an address that ends in a record's id opens it, then the other sections.
const byAddress = new Map(records.flatMap((record) => [[record.id, record], [encodeURIComponent(record.id), record]]));

function openAddressed() {
  const record = byAddress.get(location.hash.slice(1));
  if (record) browser.open(record);
}
window.addEventListener("hashchange", openAddressed);
for (const fill of sections) fill();
openAddressed();
performance.mark("reasonome-interactive");
