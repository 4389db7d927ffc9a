// What leaves the page: texts to the clipboard, rows to files that the reader keeps. `given` has the files' name and the
// heading of tables, `lineOf` the line of each record.
function copyButton(title, text) {
  const made = button(title, async () => {
    const isDone = await copy(text());
    made.textContent = isDone ? "copied ✓" : "not copied: the browser forbids it";
    setTimeout(() => { made.textContent = title; }, 2000);
  });
  return made;
}

async function copy(text) {
  if (!navigator.clipboard) return copyBySelection(text); // browsers keep it from some pages that are files
  return navigator.clipboard.writeText(text).then(() => true, () => copyBySelection(text));
}

function copyBySelection(text) {
  const back = document.activeElement;
  const field = element("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  back.focus();
  return isDone;
}

function download(fileName, type, lines) {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([lines.map((line) => `${line}\n`).join("")], { type }));
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000); // when the browser has taken it
}

function downloadTsv(shown) {
  download(`${given.files}.tsv`, "text/tab-separated-values", [given.heading, ...shown.map((record) => lineOf.get(record))]);
}

function downloadJsonLines(shown) {
  download(`${given.files}.jsonl`, "application/jsonl", shown.map((record) => JSON.stringify(record)));
}

// What is odd about a record, a flag before each sentence.
function drawOddities(record) {
  if (!oddities(record).length) return "";
  const made = element("span");
  made.append(...oddities(record).map((sentence) => element("span", `⚑ ${sentence}`, "oddity")));
  return made;
}
