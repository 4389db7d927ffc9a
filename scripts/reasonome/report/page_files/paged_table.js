// A table of many entries, one page of them drawn: sorted by headings, opened entry by entry, walked by arrow keys.
class PagedTable {
  // columns: { title, key(entry) → number, text or null, isNumber, lowestFirst, places, draw(entry) → what is shown,
  // look }; numbers are sorted with the highest first unless lowestFirst, text from A to Z;
  // detail(entry) → what stands below an entry that is opened; escape(): where Esc goes when nothing is open;
  // arrange(entries) → those that get a line, in their order; opened(content): what follows when an entry was opened.
  constructor({ table, paging, status, noun, detail, escape, arrange, opened, sizes = [25, 50, 100] }) {
    Object.assign(this, { table, status, noun, detail, escape, arrange, opened });
    this.columns = [];
    this.entries = [];
    this.lines = [];
    this.page = 0;
    this.size = 25;
    this.sorted = null;
    this.descending = false;
    this.head = table.tHead;
    this.body = table.tBodies[0];
    const turn = (to) => () => this.turn(to());
    this.first = button("First", turn(() => 0));
    this.previous = button("Previous", turn(() => this.page - 1));
    this.next = button("Next", turn(() => this.page + 1));
    this.last = button("Last", turn(() => Infinity));
    this.where = element("span");
    const size = menu(sizes.map((count) => [count === Infinity ? "all on one page" : `${count} per page`, count]), (count) => {
      this.size = count;
      this.turn(0);
    });
    size.setAttribute("aria-label", `${noun} per page`);
    paging.append(this.first, this.previous, this.where, this.next, this.last, size);
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("click", (event) => {
      const line = event.target.closest("tr.entry");
      const chosen = String(document.getSelection());
      if (line && !chosen && !event.target.closest("a, button")) line.querySelector("button.toggle").click();
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
    this.turn(Math.floor(place / this.drawnPerPage()));
    this.body.querySelectorAll("button.toggle")[place - this.page * this.drawnPerPage()].click();
  }

  pages() {
    return Math.max(1, Math.ceil(this.lines.length / this.drawnPerPage()));
  }

  // As many lines as a page has at most: a number, also where all are on one.
  drawnPerPage() {
    return Math.min(this.size, Math.max(1, this.lines.length));
  }

  // Sort by a heading, in its usual direction unless one is given.
  sortBy(title, descending) {
    this.sorted = this.columns.find((column) => column.title === title) || null;
    this.descending = descending ?? this.usuallyDescending(this.sorted);
  }

  usuallyDescending(column) {
    return Boolean(column?.isNumber && !column.lowestFirst);
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
        this.onSorted?.();
      }));
      line.append(heading);
    }
    this.head.replaceChildren(line);
  }

  turn(to) {
    const pages = this.pages();
    this.page = Math.min(Math.max(to, 0), pages - 1);
    const from = this.page * this.drawnPerPage();
    const entries = this.lines.slice(from, from + this.drawnPerPage());
    this.body.replaceChildren(...entries.map((entry) => this.drawEntry(entry)));
    this.rove(this.body.querySelector("button.toggle"));
    const count = this.lines.length.toLocaleString("en");
    this.status.textContent = entries.length
      ? `${(from + 1).toLocaleString("en")}–${(from + entries.length).toLocaleString("en")} of ${count} ${this.noun}`
      : `No ${this.noun}: clear the search or a filter.`;
    this.where.textContent = `page ${this.page + 1} of ${pages}`;
    this.first.disabled = this.previous.disabled = this.page === 0;
    this.last.disabled = this.next.disabled = this.page >= pages - 1;
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
      this.rove(toggle);
      if (!open) this.opened?.(line.nextSibling.cells[0].firstChild);
    }, "toggle");
    toggle.tabIndex = -1;
    toggle.setAttribute("aria-expanded", "false");
    toggle.setAttribute("aria-label", "Details");
    line.append(element("td", toggle, "toggle"));
    for (const column of this.columns) {
      const shown = column.draw ? column.draw(entry)
        : column.isNumber ? number(column.key(entry), column.places) : column.key(entry);
      const cell = element("td", shown, column.isNumber ? "number" : column.look);
      cell.dataset.title = column.title; // for narrow windows, which show no headings
      line.append(cell);
    }
    return line;
  }

  // Of all entries on the page one can be reached by Tab: the one that arrow keys came to.
  rove(toggle) {
    for (const other of this.body.querySelectorAll("button.toggle[tabindex='0']")) other.tabIndex = -1;
    if (toggle) toggle.tabIndex = 0;
  }

  focus(place = 0) {
    const toggles = this.body.querySelectorAll("button.toggle");
    const toggle = toggles[Math.min(place < 0 ? toggles.length - 1 : place, toggles.length - 1)];
    this.rove(toggle);
    toggle?.focus();
  }

  key(event) {
    const toggles = [...this.body.querySelectorAll("button.toggle")];
    const place = toggles.indexOf(event.target);
    const pages = this.pages();
    const go = (to) => { event.preventDefault(); this.focus(to); };
    if (event.key === "Escape") {
      const own = event.target.closest("tr.detail")?.previousSibling ?? event.target.closest("tr");
      const toggle = own?.querySelector("button.toggle");
      if (toggle?.getAttribute("aria-expanded") === "true") {
        toggle.click();
        toggle.focus();
      } else {
        this.escape();
      }
      event.preventDefault();
    } else if (place < 0) {
      return; // keys inside a detail are its own
    } else if (event.key === "ArrowDown" && place < toggles.length - 1) {
      go(place + 1);
    } else if (event.key === "ArrowUp" && place > 0) {
      go(place - 1);
    } else if (["ArrowDown", "PageDown"].includes(event.key) && this.page < pages - 1) {
      this.turn(this.page + 1);
      go(0);
    } else if (["ArrowUp", "PageUp"].includes(event.key) && this.page > 0) {
      this.turn(this.page - 1);
      go(event.key === "ArrowUp" ? -1 : 0);
    } else if (event.key === "Home" || event.key === "End") {
      go(event.key === "Home" ? 0 : -1);
    }
  }
}
