// What stands below an opened row: the question, an answer with its reasoning and claims, and what the baselines say.
function questionDetail(row) {
  const genes = about(row, "genes").split(" ").filter(Boolean);
  const leftOut = metric(row, "genes_left_out");
  return definitions([
    ["asked", about(row, "question") || null],
    ["truth", `${about(row, "gold")} (${about(row, "id")})`],
    [`${genes.length} genes` + (leftOut ? `, ${leftOut} of them left out of the prompt` : ""),
      genes.length || !about(row, "question") ? genes.join(" ") : null],
  ]);
}

function linkedTerm(row) {
  const name = word(row, "term_name");
  const relation = word(row, "relation");
  if (!name && !relation) return null;
  const by = word(row, "term_by");
  return [name || "no term", by && `linked by ${by}`, relation && `to the truth: ${relation}`].filter(Boolean).join(" · ");
}

function madeBy(run) {
  if (!run.made.length) return run.origin || null;
  const links = element("span");
  for (const [place, name] of run.made) {
    const link = element("a", name);
    link.href = `#made-${place}`;
    links.append(links.childNodes.length ? " → " : "", link);
  }
  links.append(" (recipe and manifest)");
  return links;
}

// The answer's long texts are drawn when they are unpacked.
function answerDetail(row) {
  const scores = metricNames.filter((name) => metric(row, name) !== null && !name.startsWith("shuffled_"));
  const texted = element("div", row.run.texts === null ? "" : "…");
  const kinds = failures(row);
  const whole = element("div", undefined, "answer");
  whole.append(
    element("h4", title(row.run)),
    definitions([
      [row.run.texts === null ? "answer of a baseline" : "answer, written by the model", word(row, "answer") || "none"],
      ["ranking, as it counts", word(row, "ranking") || null],
      ["nearest term", linkedTerm(row)],
      ["what is wrong", kinds.length ? kinds.join(", ") : null],
    ]),
    texted,
    definitions([
      ["scores", scores.map((name) => `${inWords(name)} ${metric(row, name)}`).join(" · ")],
      ["ended by", row.run.texts === null ? null : word(row, "finish_reason") || "not recorded"],
      ["made by", madeBy(row.run)],
      ["a baseline that uses", row.run.information || null],
    ]),
  );
  texts(row).then((long) => {
    if (long === null) return;
    const steps = element("ol");
    steps.append(...long.reasoning.split("\n").filter(Boolean).map((step) => element("li", step)));
    texted.replaceChildren(definitions([
      ["reasoning, written by the model", steps.childNodes.length ? steps : "none"],
      ["its claims, checked", long.claims.length ? claimsTable(long.claims) : null],
    ]), rawText(long.text));
  });
  return whole;
}

function rawText(text) {
  const folded = element("details");
  folded.append(element("summary", "raw text, written by the model"), element("pre", text));
  return folded;
}

function claimsTable(claims) {
  return plainTable(["gene", "is said to belong to", "verdict", "matched fact"], claims.map((claim) => {
    const verdict = element("span", claim.verdict, `verdict ${claim.verdict === "contradicted" ? "bad" : ""}`);
    return [claim.gene, claim.negated ? `not: ${claim.term}` : claim.term, verdict, claim.fact || ""];
  }));
}

// The baselines' answers to the same question, put the same way.
const baselineRows = new Map();

function baselinesDetail(row) {
  if (!baselineRows.size) {
    for (const other of rows) {
      if (other.run.texts !== null) continue;
      const key = `${exampleOf(other)}\n${label(other.run, "style")}`;
      if (!baselineRows.has(key)) baselineRows.set(key, []);
      baselineRows.get(key).push(other);
    }
  }
  const baselines = baselineRows.get(`${exampleOf(row)}\n${label(row.run, "style")}`) || [];
  const shown = BESIDE_ANSWERS.filter((name) =>
    metricNames.includes(name) && baselines.some((other) => metric(other, name) !== null));
  const table = plainTable(
    ["who", "uses", "answer", ...shown.map(inWords)],
    [row, ...baselines.filter((other) => other !== row)].map((other) => [
      other === row ? title(row.run) : label(other.run, "arm"), other.run.information, word(other, "answer") || "none",
      ...shown.map((name) => number(metric(other, name), digits(name))),
    ]),
    shown.length,
  );
  table.tBodies[0].rows[0].className = "own";
  return definitions([["beside the baselines", table]]);
}
