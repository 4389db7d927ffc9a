// Enriched terms of a set, as figures and as tables, a table for each library.
const timesChance = (term) => (term.overlap / term.drawn) / (term.size / term.universe);
const inFigures = (term) => `${term.overlap} of ${term.drawn} genes, ${number(timesChance(term), 1)} times as many as by chance, adjusted p ${pValue(term.adjusted_p)}`;

const testsOf = (record, library) => given.tests[record.list]?.[library];

function enrichedParts(record) {
  const terms = record.enriched;
  if (!terms.length) return [record.error ? "Not tested." : "No term is enriched: none has an adjusted p of at most 0.05."];
  const parts = figuresOf(record.id);
  for (const library of new Set(terms.map((term) => term.library))) {
    parts.push(element("h5", library), libraryNote(record, library), libraryTable(terms.filter((term) => term.library === library)));
  }
  return [...parts, element("p", `At most ${given.most_terms} terms of a library are shown, and below each how many share half of its genes or more; enrichment.tsv has all.`)];
}

// Of which release a library is, and for how many tests p is adjusted.
function libraryNote(record, library) {
  const tests = testsOf(record, library);
  const adjusted = tests && `p adjusted for ${tests.toLocaleString("en")} tests, one for each set of the library, also those that share no gene with the list`;
  return element("p", [given.releases[library], adjusted].filter(Boolean).join("; "), "library-note");
}

function libraryTable(terms) {
  return wide(plainTable(
    ["term", "id", "genes of the list", "gene ratio", "size of the term", "times chance", "p", "adjusted p"],
    terms.map((term) => [withFolded(term), termLink(term, "", term.id), term.genes.join(" "), `${term.overlap}/${term.drawn}`, `${term.size}/${term.universe}`,
      number(timesChance(term), 1), pValue(term.p), pValue(term.adjusted_p)]),
    5,
  ));
}

function bestInFigures(term) {
  const made = element("span", termLink(term));
  made.append(` (${term.library}): ${inFigures(term)}`);
  return made;
}

// The best of the terms that are folded below one, which may be the narrower and better name, and how many more there are.
function foldedBelow(term) {
  if (!term.folded.length) return "";
  const more = term.folded.length > 1 ? ` and ${term.folded.length - 1} more` : "";
  return `; with nearly the same genes: ${term.folded[0].name}${more}`;
}

// The term's name, and those folded below it, to be opened.
function withFolded(term) {
  const made = element("span", termLink(term));
  if (term.same >= given.many) made.append(element("small", `one of ${term.same + 1} terms with the very same genes of the list, which cannot tell them apart`, "under"));
  if (!term.folded.length) return made;
  made.append(onOpening(`+ ${term.folded.length} with nearly the same genes`, () => {
    const list = element("ul");
    list.append(...term.folded.map((one) => {
      const line = element("li", termLink(one));
      line.append(` (${one.id}): ${one.overlap} genes, adjusted p ${pValue(one.adjusted_p)}`);
      return line;
    }));
    return list;
  }));
  return made;
}
