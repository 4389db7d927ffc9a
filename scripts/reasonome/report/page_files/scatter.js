// Answers as points on a canvas: something against a metric, with Pearson's and Spearman's correlation.
const palette = Array.from({ length: 8 }, (_, place) => `--run-${place}`);
const MARGIN = { left: 46, right: 10, top: 10, bottom: 40 };

function ranks(values) {
  const order = values.map((_, place) => place).sort((a, b) => values[a] - values[b]);
  const ranked = new Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end + 1 < order.length && values[order[end + 1]] === values[order[start]]) end += 1;
    for (let place = start; place <= end; place += 1) ranked[order[place]] = (start + end) / 2; // of equals, the mean
    start = end + 1;
  }
  return ranked;
}

function pearson(x, y) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middleX, middleY] = [mean(x), mean(y)];
  let both = 0, ofX = 0, ofY = 0;
  for (let place = 0; place < x.length; place += 1) {
    const [dx, dy] = [x[place] - middleX, y[place] - middleY];
    both += dx * dy;
    ofX += dx * dx;
    ofY += dy * dy;
  }
  return ofX && ofY ? both / Math.sqrt(ofX * ofY) : NaN;
}

class Scatter {
  constructor(place, { name, across }) {
    Object.assign(this, { name, across, points: [], current: -1 });
    this.canvas = element("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.said = element("p", undefined, "said");
    this.said.setAttribute("role", "status");
    this.found = element("p");
    this.legend = element("p", undefined, "legend");
    this.measure = menu(metricMenuEntries(), () => this.choose());
    this.measure.chosen = MAIN;
    this.who = menu([["all models", null], ...models.map((run) => [title(run), run])], () => this.choose());
    const controls = element("div", undefined, "controls");
    controls.append(labelled("answers of", this.who), labelled("against", this.measure));
    place.append(element("h3", name[0].toUpperCase() + name.slice(1)), controls, this.found, this.canvas, this.said, this.legend);
    this.canvas.addEventListener("pointermove", (event) => this.point(this.nearest(event)));
    this.canvas.addEventListener("pointerleave", () => this.point(-1));
    this.canvas.addEventListener("click", (event) => this.open(this.nearest(event)));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  choose() {
    const measure = this.measure.chosen;
    const chosen = rows.filter((row) => row.run.texts !== null && (this.who.chosen === null || row.run === this.who.chosen));
    this.points = chosen.map((row) => ({ row, x: metric(row, this.across), y: metric(row, measure) }))
      .filter(({ x, y }) => x !== null && y !== null)
      .sort((a, b) => a.x - b.x || a.y - b.y);
    const [x, y] = [this.points.map((point) => point.x), this.points.map((point) => point.y)];
    const shown = (value) => (Number.isNaN(value) ? "not defined" : value.toFixed(3).replace("-", "−"));
    this.found.textContent = this.points.length
      ? `${this.points.length.toLocaleString("en")} answers. Pearson's r ${shown(pearson(x, y))}, ` +
        `Spearman's ρ ${shown(pearson(ranks(x), ranks(y)))}.`
      : "No answer has both numbers.";
    this.canvas.setAttribute("aria-label", `${this.name} against ${inWords(measure)}: ${this.found.textContent}`);
    this.legend.replaceChildren();
    const present = models.filter((run) => this.points.some((point) => point.row.run === run));
    if (present.length > 1 && present.length <= palette.length) {
      for (const run of present) {
        const dot = element("span", "●");
        dot.style.color = `var(${palette[models.indexOf(run) % palette.length]})`;
        const entry = element("span", dot);
        entry.append(` ${title(run)}`);
        this.legend.append(entry);
      }
    }
    const bounds = (values) => {
      let [low, high] = [Math.min(0, values[0] ?? 0), 1e-9];
      for (const value of values) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      return [low, high];
    };
    this.bounds = { x: bounds(x), y: bounds(y) };
    this.current = -1;
    this.draw();
  }

  at({ x, y }) {
    const { left, right, top, bottom } = MARGIN;
    const [[lowX, highX], [lowY, highY]] = [this.bounds.x, this.bounds.y];
    return [
      left + ((x - lowX) / (highX - lowX)) * (this.width - left - right),
      this.height - bottom - ((y - lowY) / (highY - lowY)) * (this.height - top - bottom),
    ];
  }

  draw() {
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    if (!this.bounds || !this.width) return;
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = this.width * scale;
    this.canvas.height = this.height * scale;
    const pen = this.canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    pen.scale(scale, scale);
    this.axes(pen, style);
    const colours = models.map((_, place) => style.getPropertyValue(palette[place % palette.length]));
    pen.globalAlpha = this.points.length > 2000 ? 0.4 : 0.8;
    this.places = this.points.map((point) => this.at(point));
    this.points.forEach((point, place) => {
      const [x, y] = this.places[place];
      pen.fillStyle = colours[models.indexOf(point.row.run)];
      pen.fillRect(x - 2, y - 2, 4, 4);
    });
    pen.globalAlpha = 1;
    if (this.current >= 0) {
      const [x, y] = this.places[this.current];
      pen.strokeStyle = style.getPropertyValue("--ink");
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(x, y, 6, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  axes(pen, style) {
    pen.strokeStyle = style.getPropertyValue("--line");
    pen.fillStyle = style.getPropertyValue("--soft");
    pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    for (let tick = 0; tick <= 4; tick += 1) {
      const value = (of) => this.bounds[of][0] + (tick / 4) * (this.bounds[of][1] - this.bounds[of][0]);
      const short = (number) => (Math.abs(number) >= 10 ? number.toFixed(0) : number.toFixed(2));
      const [x, y] = this.at({ x: value("x"), y: value("y") });
      pen.beginPath();
      pen.moveTo(MARGIN.left, y);
      pen.lineTo(this.width - MARGIN.right, y);
      pen.stroke();
      pen.textAlign = "right";
      pen.fillText(short(value("y")), MARGIN.left - 6, y + 4);
      pen.textAlign = tick === 4 ? "right" : "center";
      pen.fillText(short(value("x")), x, this.height - MARGIN.bottom + 16);
    }
    pen.textAlign = "center";
    pen.fillText(this.name, (this.width + MARGIN.left) / 2, this.height - 6);
  }

  nearest(event) {
    let best = -1, least = 100; // within ten pixels
    (this.places || []).forEach(([x, y], place) => {
      const distance = (x - event.offsetX) ** 2 + (y - event.offsetY) ** 2;
      if (distance < least) [best, least] = [place, distance];
    });
    return best;
  }

  point(place) {
    if (place === this.current) return;
    this.current = place;
    this.canvas.style.cursor = place < 0 ? "" : "pointer";
    const chosen = this.points[place];
    this.said.textContent = chosen
      ? `${title(chosen.row.run)}, ${about(chosen.row, "id")}: “${word(chosen.row, "answer")}” for ` +
        `“${about(chosen.row, "gold")}” · ${chosen.x} · ${chosen.y}`
      : "";
    this.draw();
  }

  open(place) {
    if (place >= 0) browser.open(this.points[place].row);
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && this.points.length) {
      event.preventDefault();
      this.point(Math.min(Math.max(this.current + step, 0), this.points.length - 1));
    } else if (event.key === "Enter") {
      event.preventDefault(); // the key would also press what gets the focus
      this.open(this.current);
    }
  }
}

const scatters = [];

function startScatters() {
  const wanted = [
    ["reward-scatter", { name: "reward", across: "reward" }],
    ["length-scatter", { name: "length in tokens", across: "length" }],
  ];
  for (const [id, what] of wanted) {
    const place = document.getElementById(id);
    if (models.some((run) => run.metrics[what.across] !== undefined)) {
      const scatter = new Scatter(place, what);
      scatters.push(scatter);
      scatter.choose();
    } else {
      place.hidden = true;
    }
  }
  const weights = Object.entries(stored.reward);
  const components = metricNames.filter((name) => name.startsWith("reward_"));
  if (components.length) {
    const parts = weights.length
      ? weights.map(([name, weight]) => `${weight} · ${name}`)
      : components.map((name) => name.replace("reward_", "")); // of no training, or of several that differ
    document.getElementById("reward-scatter").append(element("p", `reward = ${parts.join(" + ")}`.replaceAll("_", " "), "note"));
  }
}
