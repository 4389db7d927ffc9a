// Two or more lists side by side: a row is a set name or a near-identical group, a column is a list.
sections.push(() => {
  const controls = at("lists-controls");
  if (!controls) return; // a single list has nothing beside it
  const alike = (record) => bestTerm(record)?.id ?? "";
  // Sets of a table are called as its file and a direction: "treated up" of treated.csv goes with "control up". Of a
  // second file of that name the list is "treated (2)", and the set "treated up" too.
  function withoutList(record) {
    const file = [record.list, record.list.replace(/ \(\d+\)$/, "")].find((name) => record.set.startsWith(name)) ?? "";
    return record.set.slice(file.length).trim();
  }

  function matched(way) {
    const lines = new Map();
    for (const record of records) {
      if (!chosen().includes(record.list)) continue;
      const key = way === "group" ? record.group : withoutList(record);
      if (!lines.has(key)) lines.set(key, { key, sets: new Map() });
      const { sets: found } = lines.get(key);
      if (!found.has(record.list)) found.set(record.list, []);
      found.get(record.list).push(record);
    }
    return [...lines.values()];
  }

  const all = (line) => [...line.sets.values()].flat();
  const title = (line) => [...new Set(all(line).map((record) => record.set))].join(" / ");
  const differ = (line) => line.sets.size > 1 && new Set(all(line).map(alike)).size > 1;

  const symbols = (found) => new Set(found.flatMap((record) => record.genes.map((gene) => gene.symbol)));

  // The genes that are in the sets of every list of a line.
  function sharedGenes(line) {
    const [first, ...others] = [...line.sets.values()].map(symbols);
    return [...first].filter((symbol) => others.every((one) => one.has(symbol)));
  }

  // The genes of a set that no other list of the line has.
  function genesOfOneList(line, list, record) {
    const elsewhere = symbols([...line.sets].filter(([other]) => other !== list).flatMap(([, found]) => found));
    return [...symbols([record])].filter((symbol) => !elsewhere.has(symbol));
  }

  function drawCell(line, list) {
    const made = element("span");
    const inAll = line.sets.size > 1 ? `, ${sharedGenes(line).length} of them in all lists of this row` : "";
    for (const record of line.sets.get(list) ?? []) {
      const shown = element("span", termShown(record), "in-list");
      const details = [bestTerm(record) ? inFigures(bestTerm(record)) : "", record.set, `${record.genes.length} genes${inAll}`];
      shown.append(element("small", details.filter(Boolean).join(" · "), "under"));
      made.append(shown);
    }
    if (!line.sets.has(list)) made.append(element("span", "not in this list", "no-name"));
    return made;
  }

  function detail(line) {
    const sides = element("div", undefined, "sides");
    for (const list of chosen()) {
      for (const record of line.sets.get(list) ?? []) {
        const side = element("div");
        const own = line.sets.size > 1 ? genesOfOneList(line, list, record) : [];
        side.append(element("h4", `${list}: ${record.set}`), definitions([
          ["best enriched term", termShown(record)],
          ["the model's suggestion", given.model ? suggestionShown(record) : null],
          [`${record.genes.length} genes`, record.genes.map((gene) => gene.symbol).join(" ")],
          [`of these in no other list of this row: ${own.length}`, own.join(" ") || null],
        ]), button("All of its evidence", () => browser.open(record)));
        sides.append(side);
      }
    }
    if (line.sets.size < 2) return sides;
    const made = element("div");
    const shared = sharedGenes(line);
    made.append(element("p", `In all lists of this row, ${shared.length} genes: ${shared.join(" ") || "none"}`, "shared"), sides);
    return made;
  }

  const table = new PagedTable({
    table: at("lists"), paging: at("lists-paging"), status: at("lists-status"), noun: "rows", detail,
  });

  function select() {
    const lists = chosen();
    const lines = lists.length > 1 ? matched(by.chosen) : [];
    const shared = lines.filter((line) => line.sets.size > 1);
    const tests = { all: () => true, shared: (line) => line.sets.size > 1, differ, single: (line) => line.sets.size === 1 };
    at("lists-summary").textContent = lists.length < 2 ? "Choose two or more lists."
      : `${lines.length.toLocaleString("en")} rows; in two or more of these lists: ${shared.length.toLocaleString("en")}; ` +
        `of these, with different best terms: ${shared.filter(differ).length.toLocaleString("en")}.`;
    at("lists-status").hidden = lists.length < 2;
    table.show(lines.filter(tests[show.chosen]), [
      { title: by.chosen === "group" ? "sets" : "set", key: title, draw: (line) => breakable(title(line)), look: "short" },
      ...lists.map((list) => ({
        title: list, key: (line) => (line.sets.get(list) ?? []).map(termOrWhy).join("; "), draw: (line) => drawCell(line, list), look: "named",
      })),
    ]);
  }

  const ticks = element("fieldset");
  ticks.append(element("legend", "lists"));
  const boxes = listNames.map((name, place) => {
    const [box, label] = checkbox(name, place < 4, select); // more columns than a window has room for are left to the reader
    ticks.append(label);
    return box;
  });
  const chosen = () => listNames.filter((_, place) => boxes[place].checked);
  const by = menu([[`near-identical genes (Jaccard ≥ ${given.near_identical})`, "group"], ["the set's name", "set"]], select);
  const show = menu([["all rows", "all"], ["in two or more lists", "shared"], ["different best terms", "differ"], ["in one list only", "single"]], select);
  controls.append(ticks, labelled("a row is", by), labelled("show", show));
  if (matched("group").every((line) => line.sets.size === 1)) by.chosen = "set"; // nothing else is side by side
  select();
});
