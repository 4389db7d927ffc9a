// What leaves the page: texts to the clipboard, rows to files that the reader keeps. `given` has the files' name and the
// heading of tables, `lineOf` the line of each record.
function copyButton(title, text) {
  const made = button(title, async () => {
    const isDone = await navigator.clipboard.writeText(text()).then(() => true, () => false);
    made.textContent = isDone ? "copied ✓" : "not copied: the browser forbids it";
    setTimeout(() => { made.textContent = title; }, 2000);
  });
  return made;
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
