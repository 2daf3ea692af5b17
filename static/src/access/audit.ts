// The audit log: newest first, older entries on demand, filtered by text among those that are here.

import { h, setText } from "../ui/dom.ts";
import { call } from "./api.ts";
import type { AuditEntry, Me } from "./model.ts";
import { Names } from "./names.ts";
import { Notice, button, field, textInput } from "./parts.ts";
import { eventText, fullText } from "./words.ts";
import { words } from "../words/words.ts";

const AT_ONCE = 100;
const TROUBLES = new Set(["login_failed", "login_throttled", "pairing_refused"]);

interface Page {
  entries: AuditEntry[];
  next?: number | null;
}

export async function showAudit(main: HTMLElement, _me: Me): Promise<void> {
  const rows: { text: string; element: HTMLElement }[] = [];
  let next: number | null = null;
  const notice = new Notice();
  const filter = textInput({ type: "search", placeholder: words.audit.filterHint });
  const count = h("p", { class: "note", role: "status" });
  const body = h("tbody");
  const older = button(words.audit.older, "plain", load);
  const { when, who, from, what, toWhat } = words.audit;
  const titles = [when, who, from, what, toWhat];
  const heads = titles.map((text) => h("th", { scope: "col" }, text));
  const table = h("table", { class: "log" }, h("caption", { class: "visually-hidden" }, words.audit.caption), h("thead", {}, h("tr", {}, ...heads)), body);
  filter.addEventListener("input", sift);
  main.append(h("section", { class: "card" }, h("div", { class: "sift" }, field(words.audit.filter, filter), count), table, notice.element, h("div", { class: "actions" }, older)));
  const names = await Names.fetch();
  await load();

  async function load(): Promise<void> {
    notice.clear();
    try {
      const after: string = next === null ? "" : `&after=${next}`;
      const { entries, next: following } = await call<Page>("GET", `/api/v1/audit?limit=${AT_ONCE}${after}`);
      for (const entry of entries) add(entry);
      next = following ?? null;
      older.hidden = next === null;
      sift();
    } catch (error) {
      notice.trouble(error);
    }
  }

  function add({ at, who, address, what, subject }: AuditEntry): void {
    const time = h("time", { datetime: at }, fullText(Date.parse(at)));
    const cells = [names.element(who), address ?? "", eventText(what), subject ? names.element(subject) : ""].map((part, i) => h("td", { "data-label": titles[i + 1]! }, part));
    const element = h("tr", TROUBLES.has(what) ? { class: "is-trouble" } : {}, h("th", { scope: "row" }, time), ...cells);
    rows.push({ text: [time.textContent, ...cells.map((cell) => cell.textContent), who, what, subject ?? ""].join(" ").toLowerCase(), element });
    body.append(element);
  }

  function sift(): void {
    const typed = filter.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    let shown = 0;
    for (const { text, element } of rows) {
      const fits = typed.every((word) => text.includes(word));
      element.hidden = !fits;
      if (fits) shown += 1;
    }
    const found = words.audit.ofEntries(shown, rows.length);
    setText(count, typed.length === 0 ? words.audit.entries(rows.length) : next === null ? found : `${found}; ${words.audit.olderNotSearched}`);
  }
}
