// Figures of terms, which GSEApy drew, and links to their files beside the page.
function figuresOf(key) {
  const drawn = given.figures[key] ?? [];
  const shown = drawn.filter((figure) => figure.svg).map((figure) => {
    const made = element("div", undefined, "figure wide");
    made.append(document.importNode(new DOMParser().parseFromString(figure.svg, "image/svg+xml").documentElement, true));
    return made;
  });
  const files = element("p", undefined, "handles");
  for (const { name, kind } of drawn) {
    files.append(`${kind}:`, ...["png", "pdf", "svg"].map((ending) => fileLink(`figures/${name}.${ending}`, ending.toUpperCase())));
  }
  return drawn.length ? [...shown, files] : [];
}

function fileLink(file, text = file) {
  const made = element("a", text);
  made.href = file;
  return made;
}

sections.push(() => at("across")?.append(...figuresOf("")));
