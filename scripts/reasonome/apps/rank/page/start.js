// The whole page: an address that ends in a row's id opens it, and a key leads to the search.
const byAddress = new Map(records.map((record) => [record.id, record]));

function openAddressed() {
  const record = byAddress.get(location.hash.slice(1));
  if (record) rankings.open(record);
}
window.addEventListener("hashchange", openAddressed);
slashLeadsTo(rankings.search);
openAddressed();
performance.mark("reasonome-interactive");
