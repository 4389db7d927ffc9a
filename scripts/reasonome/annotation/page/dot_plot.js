// A dot plot: a line for each term, a dot that is further from 0 the stronger, larger the more genes, darker the surer.
const PLOT = { labels: 330, width: 760, line: 22, top: 8, bottom: 44, letters: 46 };

function drawn(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.append(text);
  return made;
}

// dots: { label, x, genes, p }, where x may be negative; title is of the axis.
function dotPlot(dots, title) {
  const height = PLOT.top + PLOT.line * dots.length + PLOT.bottom;
  const picture = drawn("svg", { viewBox: `0 0 ${PLOT.width} ${height}`, width: PLOT.width, height, class: "dot-plot", role: "img",
    "aria-label": `${title} of ${dots.length} terms, which the table below has too` });
  const low = Math.min(0, ...dots.map((dot) => dot.x)), high = Math.max(0, ...dots.map((dot) => dot.x));
  const left = PLOT.labels + 16, right = PLOT.width - 16, floor = height - PLOT.bottom;
  const across = (x) => left + ((x - low) / (high - low || 1)) * (right - left);
  const most = Math.max(...dots.map((dot) => dot.genes));
  const surest = Math.max(...dots.map((dot) => sureness(dot.p)));
  for (const x of ticks(low, high)) {
    picture.append(drawn("line", { x1: across(x), x2: across(x), y1: PLOT.top, y2: floor, class: x === 0 ? "zero" : "grid" }),
      drawn("text", { x: across(x), y: floor + 16, "text-anchor": "middle" }, String(x)));
  }
  dots.forEach((dot, place) => {
    const y = PLOT.top + PLOT.line * (place + 0.5);
    const short = dot.label.length > PLOT.letters ? `${dot.label.slice(0, PLOT.letters - 1)}…` : dot.label;
    const line = drawn("g", {});
    line.append(drawn("title", {}, `${dot.label}: ${number(dot.x, 2)}, ${dot.genes} genes, adjusted p ${pValue(dot.p)}`),
      drawn("text", { x: PLOT.labels, y: y + 4, "text-anchor": "end" }, short),
      drawn("circle", { cx: across(dot.x), cy: y, r: 3 + 6 * Math.sqrt(dot.genes / most), "fill-opacity": 0.25 + 0.75 * (sureness(dot.p) / (surest || 1)) }));
    picture.append(line);
  });
  picture.append(drawn("text", { x: (left + right) / 2, y: height - 8, "text-anchor": "middle" }, title));
  return element("div", picture, "wide");
}

const sureness = (p) => -Math.log10(Math.max(p, 1e-300));

// Round numbers from low to high, about five.
function ticks(low, high) {
  const rough = (high - low || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((times) => power * times >= rough);
  const made = [];
  for (let count = Math.ceil(low / step); count * step <= high; count += 1) made.push(Number((count * step).toPrecision(12)));
  return made;
}
