// The best terms of several sets in one picture: a column for each set, a dot where a term is enriched in it.
const MOST_COLUMNS = 30;

sections.push(() => {
  const controls = at("across-controls");
  if (!controls) return; // a single set
  const tested = records.filter((record) => !record.error);
  const libraries = [...new Set(tested.flatMap((record) => record.enriched.map((term) => term.library)))];
  const columnOf = (record) => (listNames.length < 2 || record.set.startsWith(record.list) ? record.set : `${record.list}: ${record.set}`);

  function line(id, name, sets) {
    const dots = sets.map((record) => {
      const found = termsOf(record).find((term) => term[1] === library.chosen && term[2] === id);
      if (!found) return null;
      const [, , , overlap, p] = found, { drawn: genes } = bestTerm(record);
      return { share: overlap / genes, p, told: `${name} in ${columnOf(record)}: ${overlap} of ${genes} genes, adjusted p ${pValue(p)}` };
    });
    return { label: name, dots };
  }

  function draw() {
    const all = tested.filter((record) => inList.chosen === null || record.list === inList.chosen);
    const sets = all.slice(0, MOST_COLUMNS);
    const best = sets.flatMap((record) => record.enriched.filter((term) => term.library === library.chosen).slice(0, most.chosen));
    const names = new Map(best.map((term) => [term.id, term.name]));
    const lines = [...names].map(([id, name]) => line(id, name, sets));
    at("across").replaceChildren(lines.length
      ? dotGrid(lines, sets.map(columnOf), `${library.chosen} across sets`) : element("p", "No term of this library is enriched in these sets."));
    at("across-note").textContent =
      (given.releases[library.chosen] ? `${library.chosen}: ${given.releases[library.chosen]}. ` : "") +
      (all.length > sets.length ? `The first ${sets.length} of ${all.length.toLocaleString("en")} sets. ` : "") +
      (given.all_terms ? "" : "There are too many terms for all to be in this page: a dot may be lacking where a term is enriched, but not among the best of the set.");
  }

  const library = menu(libraries.map((name) => [name, name]), draw);
  const most = menu([3, 5, 10].map((count) => [String(count), count]), draw);
  const inList = menuOf("all lists", listNames, draw);
  most.chosen = 5;
  controls.append(labelled("library", library), labelled("best terms of each set", most));
  if (listNames.length > 1) controls.append(labelled("list", inList));
  draw();
});
