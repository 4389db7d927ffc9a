// Answers as the page holds them: a row is a run and a place in its columns. Long texts are unpacked when asked for.
const stored = JSON.parse(document.getElementById("answers-data").textContent);
const rows = stored.runs.flatMap((run, number) => {
  run.number = number;
  return Array.from({ length: run.n }, (_, at) => ({ run, at }));
});
const rowsOf = (run) => rows.filter((row) => row.run === run);
const models = stored.runs.filter((run) => label(run, "kind") === "model");
const metricNames = Object.keys(stored.metrics);
const inWords = (name) => stored.metrics[name];
const metricMenuEntries = () => metricNames.map((name) => [inWords(name), name]);
const RIGHT = stored.right;
const MAIN = stored.primary;
const BESIDE_ANSWERS = [...new Set([MAIN, ...stored.beside_answers])];

const digits = (name) => stored.digits[name];

function cell(column, at) {
  return Array.isArray(column) ? column[at] : column;
}

function label(run, name) {
  return run.labels[stored.facets.indexOf(name)];
}

// The labels by which a run differs from the others of its kind, in words.
function title(run) {
  const alike = stored.runs.filter((other) => label(other, "kind") === label(run, "kind"));
  const facets = stored.facets.filter((name) => name === "arm" ||
    (name !== "kind" && new Set(alike.map((other) => label(other, name))).size > 1));
  facets.sort((a, b) => (b === "arm") - (a === "arm"));
  return facets.map((name) => (name === "seed" ? `seed ${label(run, name)}` : label(run, name))).filter(Boolean).join(" · ");
}

function metric(row, name) {
  const column = row.run.metrics[name];
  return column === undefined ? null : cell(column, row.at);
}

function word(row, name) {
  const column = row.run.words[name];
  return column === undefined ? "" : stored.strings[cell(column, row.at)];
}

const exampleOf = (row) => cell(row.run.example, row.at);
const about = (row, name) => (stored.examples[name] === undefined ? ""
  : stored.strings[cell(stored.examples[name], exampleOf(row))]);
const sampleOf = (row) => cell(row.run.sample, row.at);
const failures = (row) => stored.kinds[cell(row.run.kinds, row.at)];

let packed;
const blocks = [];

function block(number) {
  packed ??= JSON.parse(document.getElementById("answers-texts").textContent);
  blocks[number] ??= unpack(packed[number]);
  return blocks[number];
}

async function unpack(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// Reasoning, raw text and checked claims of an answer; null for a baseline, which has none.
async function texts(row) {
  if (row.run.texts === null) return null;
  const number = row.run.texts + row.at;
  const [reasoning, text, claims] = (await block(Math.floor(number / stored.block)))[number % stored.block];
  return { reasoning, text, claims: claims ? JSON.parse(claims) : [] };
}

// Lower-case text to search, of the names and genes, and of the long texts once they are unpacked.
const shortTexts = new Map();
let longTexts = null;

function matches(row, words) {
  let short = shortTexts.get(row);
  if (short === undefined) {
    short = [...row.run.labels, word(row, "answer"), word(row, "term_name"), ...failures(row),
      word(row, "ranking"),
      ...["id", "gold", "genes", "subset", "question"].map((name) => about(row, name))].join("\n").toLowerCase();
    shortTexts.set(row, short);
  }
  const long = longTexts && row.run.texts !== null ? longTexts[row.run.texts + row.at] : "";
  return words.every((each) => short.includes(each) || long.includes(each));
}

let unpacking;

function unpackAll() {
  const count = Math.ceil(models.reduce((sum, run) => sum + run.n, 0) / stored.block);
  unpacking ??= Promise.all(Array.from({ length: count }, (_, number) => block(number))).then((all) => {
    longTexts = all.flat().map((three) => three.join("\n").toLowerCase());
  });
  return unpacking;
}
