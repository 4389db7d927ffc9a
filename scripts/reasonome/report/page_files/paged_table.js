// A table of many entries, one page of them drawn: sorted by headings, opened entry by entry.
const PER_PAGE = 50;

class PagedTable {
  // columns: { title, key(entry) → number, text or null, isNumber, lowestFirst, places, draw(entry) → what is shown,
  // look }; numbers are sorted with the highest first unless lowestFirst, text from A to Z;
  // detail(entry) → what stands below an entry that is opened;
  // arrange(entries) → those that get a line, in their order; opened(content): what follows when an entry was opened.
  constructor({ table, paging, status, noun, detail, arrange, opened }) {
    Object.assign(this, { table, status, noun, detail, arrange, opened });
    this.columns = [];
    this.entries = [];
    this.lines = [];
    this.page = 0;
    this.sorted = null;
    this.descending = false;
    this.head = table.tHead;
    this.body = table.tBodies[0];
    this.previous = button("Previous", () => this.turn(this.page - 1));
    this.next = button("Next", () => this.turn(this.page + 1));
    this.where = element("span");
    paging.append(this.previous, this.where, this.next);
    this.body.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close(event.target);
    });
  }

  // `entries` replace what is shown; the order stays, and so does the heading that sorts unless another is given.
  show(entries, columns = this.columns) {
    this.columns = columns;
    this.entries = entries;
    if (this.sorted && !columns.some((column) => column.title === this.sorted.title)) this.sorted = null;
    if (this.sorted) this.sort();
    this.drawHead();
    this.rearrange(0);
  }

  // Draw a page of the same entries, which may be arranged in another way now.
  rearrange(page = this.page) {
    this.lines = this.arrange ? this.arrange(this.entries) : this.entries;
    this.turn(page);
  }

  // Turn to an entry that has a line, and open it.
  open(entry) {
    const place = this.lines.indexOf(entry);
    this.turn(Math.floor(place / PER_PAGE));
    this.body.querySelectorAll("button.toggle")[place % PER_PAGE].click();
  }

  usuallyDescending(column) {
    return Boolean(column.isNumber && !column.lowestFirst);
  }

  sort() {
    this.sorted = this.columns.find((column) => column.title === this.sorted.title);
    const sign = this.descending ? -1 : 1;
    const collator = new Intl.Collator("en", { numeric: true });
    const keyed = this.entries.map((entry) => [this.sorted.key(entry), entry]);
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null); // unknown numbers always last
      return sign * (this.sorted.isNumber ? a - b : collator.compare(a, b));
    });
    this.entries = keyed.map(([, entry]) => entry);
  }

  drawHead() {
    const line = element("tr");
    line.append(element("td"));
    for (const column of this.columns) {
      const heading = element("th", undefined, column.isNumber ? "number" : "");
      heading.scope = "col";
      const isSorted = this.sorted && this.sorted.title === column.title;
      if (isSorted) heading.setAttribute("aria-sort", this.descending ? "descending" : "ascending");
      const arrow = isSorted ? (this.descending ? " ▼" : " ▲") : "";
      heading.append(button(column.title + arrow, () => {
        this.descending = isSorted ? !this.descending : this.usuallyDescending(column);
        this.sorted = column;
        this.show(this.entries);
        this.head.rows[0].cells[this.columns.indexOf(column) + 1].firstChild.focus();
      }));
      line.append(heading);
    }
    this.head.replaceChildren(line);
  }

  turn(to) {
    const pages = Math.max(1, Math.ceil(this.lines.length / PER_PAGE));
    this.page = Math.min(Math.max(to, 0), pages - 1);
    const from = this.page * PER_PAGE;
    const entries = this.lines.slice(from, from + PER_PAGE);
    this.body.replaceChildren(...entries.map((entry) => this.drawEntry(entry)));
    const count = this.lines.length.toLocaleString("en");
    this.status.textContent = entries.length
      ? `${(from + 1).toLocaleString("en")}–${(from + entries.length).toLocaleString("en")} of ${count} ${this.noun}`
      : `No ${this.noun}: clear the search or a filter.`;
    this.where.textContent = `page ${this.page + 1} of ${pages}`;
    this.previous.disabled = this.page === 0;
    this.next.disabled = this.page >= pages - 1;
  }

  drawEntry(entry) {
    const line = element("tr", undefined, "entry");
    const toggle = button("+", () => {
      const open = toggle.getAttribute("aria-expanded") === "true";
      if (open) {
        line.nextSibling.remove();
      } else {
        const below = element("tr", undefined, "detail");
        const content = element("td", this.detail(entry));
        content.colSpan = this.columns.length + 1;
        below.append(content);
        line.after(below);
      }
      toggle.setAttribute("aria-expanded", String(!open));
      toggle.textContent = open ? "+" : "−";
      if (!open) this.opened?.(line.nextSibling.cells[0].firstChild);
    }, "toggle");
    toggle.setAttribute("aria-expanded", "false");
    toggle.setAttribute("aria-label", "Details");
    line.append(element("td", toggle, "toggle"));
    for (const column of this.columns) {
      const shown = column.draw ? column.draw(entry)
        : column.isNumber ? number(column.key(entry), column.places) : column.key(entry);
      const cell = element("td", shown, column.isNumber ? "number" : column.look);
      line.append(cell);
    }
    return line;
  }

  // Close the entry that something stands in, where it is open.
  close(inside) {
    const line = inside.closest("tr.detail")?.previousSibling ?? inside.closest("tr");
    const toggle = line.querySelector("button.toggle");
    if (toggle.getAttribute("aria-expanded") === "true") toggle.click();
    toggle.focus();
  }
}
