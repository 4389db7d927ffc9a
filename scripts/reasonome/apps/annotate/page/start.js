// The whole page: an address that ends in a set's id opens it, the key for the search, the lists when the sets stand.
const byAddress = new Map(records.flatMap((record) => [[record.id, record], [encodeURIComponent(record.id), record]]));

function openAddressed() {
  const record = byAddress.get(location.hash.slice(1));
  if (record) sets.open(record);
}
window.addEventListener("hashchange", openAddressed);
slashLeadsTo(sets.search);
startTermsAcrossSets();
startListsSideBySide();
drawRankings();
openAddressed();
performance.mark("reasonome-interactive");
