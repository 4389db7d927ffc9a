// Pictures of enriched terms, as SVG that stands alone: a dot is larger the more genes, darker the surer. Labels are whole.
const PLOT = { labels: 320, width: 760, line: 15, gap: 7, top: 8, left: 16, slope: 50, font: 'system-ui, "Segoe UI", Roboto, Arial, sans-serif' };
const COLOURS = { ink: "#1c1e21", grid: "#d9dde2", zero: "#5f6670", dot: "#1f66a8", page: "#ffffff" }; // of a downloaded picture
const pen = element("canvas").getContext("2d");
pen.font = `12px ${PLOT.font}`;
const widthOf = (text) => pen.measureText(text).width;

function drawn(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.append(text);
  return made;
}

const written = (text, attributes) => drawn("text", { fill: COLOURS.ink, ...attributes }, text);
const ruled = (attributes, kind = "grid") => drawn("line", { stroke: COLOURS[kind], class: kind, ...attributes });

// A text in lines of at most `width`, broken behind blanks, "_" and "-", and anywhere in what is still too long.
function wrapped(text, width) {
  const pieces = text.split(/(?<=[\s_-])/).flatMap((piece) => (widthOf(piece) > width ? piece.match(/.{1,20}/gu) : [piece]));
  const lines = [""];
  for (const piece of pieces) {
    if (lines.at(-1) && widthOf(lines.at(-1) + piece.trimEnd()) > width) lines.push("");
    lines[lines.length - 1] += piece;
  }
  return lines.map((line) => line.trim());
}

// Labels below each other, their right ends beside the dots; the middle of each, and where the last one ends.
function labelsDown(picture, labels, top) {
  let y = top;
  const middles = labels.map((label) => {
    const lines = wrapped(label, PLOT.labels);
    lines.forEach((line, place) => picture.append(
      written(line, { x: PLOT.left + PLOT.labels, y: y + PLOT.gap / 2 + PLOT.line * (place + 0.75), "text-anchor": "end" })));
    const above = y;
    y += PLOT.line * lines.length + PLOT.gap;
    return (above + y) / 2;
  });
  return [middles, y];
}

const sureness = (p) => -Math.log10(Math.max(p, 1e-300));
const surestOf = (dots) => Math.max(...dots.map((dot) => sureness(dot.p)), 1e-9);

// dot: { share, p }, where share is of the largest dot, and surest the sureness of the darkest.
function spot(x, y, dot, surest, told) {
  const made = drawn("circle", { cx: x, cy: y, r: 3 + 6 * Math.sqrt(dot.share), fill: COLOURS.dot, "fill-opacity": (0.25 + 0.75 * (sureness(dot.p) / surest)).toFixed(3) });
  if (told) made.append(drawn("title", {}, told));
  return made;
}

// What size and darkness mean: sizes are [text, share], ps are two p values.
function legend(picture, y, named, sizes, ps, surest) {
  let x = PLOT.left;
  const write = (text) => {
    picture.append(written(text, { x, y: y + 4 }));
    x += widthOf(text) + 14;
  };
  const show = (dot, text) => {
    picture.append(spot(x + 9, y, dot, surest));
    x += 22;
    write(text);
  };
  write(named.size);
  for (const [text, share] of sizes) show({ share, p: ps.at(-1) }, text);
  x += 16;
  write(named.p);
  for (const p of ps) show({ share: 0.5, p }, pValue(p));
  return x;
}

// The picture at its size, with a button to download it.
function figure(picture, width, height, told, name) {
  const attributes = { viewBox: `0 0 ${width} ${height}`, width, height, class: "dot-plot", role: "img", "aria-label": told, "font-family": PLOT.font, "font-size": 12 };
  for (const [key, value] of Object.entries(attributes)) picture.setAttribute(key, String(value));
  const made = element("div", element("div", picture, "wide"), "figure");
  made.append(button("Download picture (SVG)", () => {
    const alone = picture.cloneNode(true);
    alone.prepend(drawn("rect", { width: "100%", height: "100%", fill: COLOURS.page }));
    download(`${name.replace(/[^\p{L}\p{N}.]+/gu, "-")}.svg`, "image/svg+xml", [new XMLSerializer().serializeToString(alone)]);
  }));
  return made;
}

// dots: { label, x, genes, p }, where x may be negative; title is of the axis, named.p what p is called.
function dotPlot(dots, title, name, named = { size: "genes", p: "adjusted p" }) {
  const picture = drawn("svg", {});
  const [middles, floor] = labelsDown(picture, dots.map((dot) => dot.label), PLOT.top);
  const low = Math.min(0, ...dots.map((dot) => dot.x)), high = Math.max(0, ...dots.map((dot) => dot.x));
  const left = PLOT.left + PLOT.labels + 16, right = PLOT.width - 16;
  const across = (x) => left + ((x - low) / (high - low || 1)) * (right - left);
  const most = Math.max(...dots.map((dot) => dot.genes)), surest = surestOf(dots);
  for (const x of ticks(low, high)) {
    picture.append(ruled({ x1: across(x), x2: across(x), y1: PLOT.top, y2: floor }, x === 0 ? "zero" : "grid"),
      written(String(x), { x: across(x), y: floor + 16, "text-anchor": "middle" }));
  }
  dots.forEach((dot, place) => picture.append(spot(across(dot.x), middles[place], { share: dot.genes / most, p: dot.p }, surest,
    `${dot.label}: ${number(dot.x, 2)}, ${dot.genes} genes, ${named.p} ${pValue(dot.p)}`)));
  picture.append(written(title, { x: (left + right) / 2, y: floor + 34, "text-anchor": "middle" }));
  const sizes = [...new Set([Math.ceil(most / 4), most])].map((genes) => [String(genes), genes / most]);
  legend(picture, floor + 56, named, sizes, endsOf(dots), surest);
  return figure(picture, PLOT.width, floor + 72, `${title} of ${dots.length} terms, which the table below has too`, name);
}

// The largest and the smallest p of dots, once where they are the same.
function endsOf(dots) {
  const values = dots.map((dot) => dot.p);
  return [...new Set([Math.max(...values), Math.min(...values)])];
}

// lines: { label, dots }, a dot { share, p, told } or null for each of the columns, which are labels.
function dotGrid(lines, columns, name) {
  const picture = drawn("svg", {});
  const headings = columns.map((column) => wrapped(column, 240));
  const pitch = PLOT.line * 1.5 * Math.max(...headings.map((texts) => texts.length)) + 12;
  const longest = Math.max(...headings.flat().map(widthOf)), angle = (PLOT.slope * Math.PI) / 180;
  const top = PLOT.top + longest * Math.sin(angle) + 16;
  const [middles, floor] = labelsDown(picture, lines.map((line) => line.label), top);
  const across = (place) => PLOT.left + PLOT.labels + 12 + pitch * (place + 0.5);
  const dots = lines.flatMap((line) => line.dots).filter(Boolean), surest = surestOf(dots);
  const most = Math.max(...dots.map((dot) => dot.share));
  headings.forEach((texts, place) => {
    picture.append(ruled({ x1: across(place), x2: across(place), y1: top, y2: floor }));
    texts.forEach((text, line) => picture.append(written(text, {
      transform: `translate(${across(place) + PLOT.line * 1.3 * (line - (texts.length - 1) / 2) + 4} ${top - 8}) rotate(-${PLOT.slope})` })));
  });
  lines.forEach((line, row) => line.dots.forEach((dot, place) => {
    if (dot) picture.append(spot(across(place), middles[row], { share: dot.share / most, p: dot.p }, surest, dot.told));
  }));
  const percent = (share) => `${Number((100 * share).toPrecision(2))} %`;
  const end = legend(picture, floor + 22, { size: "share of the genes", p: "adjusted p" }, [[percent(most / 4), 0.25], [percent(most), 1]], endsOf(dots), surest);
  const width = Math.max(end, across(columns.length - 0.5) + longest * Math.cos(angle)) + PLOT.left;
  return figure(picture, Math.ceil(width), Math.ceil(floor + 40), `${lines.length} terms across ${columns.length} sets`, name);
}

// Round numbers from low to high, about five.
function ticks(low, high) {
  const rough = (high - low || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((times) => power * times >= rough);
  const made = [];
  for (let count = Math.ceil(low / step); count * step <= high; count += 1) made.push(Number((count * step).toPrecision(12)));
  return made;
}
