// What one looks at, in the address: so that it can be sent to somebody, kept as a bookmark, loaded
// again, and gone back from. It stands behind the "#", which no browser sends anywhere, since it
// tells where vehicles are; of vehicles it has ids alone. It is made of named parts, and whoever
// has something to remember adds one: a name, and how its value is written and read.
//
// A jump (a selection, a flight) is an entry of the browser's history; what changes by and by, as
// a map that is dragged, takes the place of the last one, and no more often than browsers allow.

export interface ViewPart {
  /** Before the "="; a word that stays what it is, since links are kept for years. */
  readonly name: string;
  /** The value now, as short text; null leaves it out. Neither names nor secrets. */
  encode(): string | null;
  /** Takes a value out of an address, null where that has none. One that makes no sense changes nothing. */
  decode(text: string | null): void;
  /** A habit of who looks rather than what is looked at: read as the page opens, never by going back. */
  readonly isHabit?: boolean;
}

const WRITE_EVERY_MS = 500;
const MOST_LENGTH = 8_000;

export class ViewUrl {
  #parts: ViewPart[] = [];
  #isOpen = false;
  #isReading = false;
  /** What is still to be written in place of the present entry. */
  #pending: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wroteAtMs = -Infinity;

  /** In the order in which they are read and written. */
  add(part: ViewPart): void {
    this.#parts.push(part);
  }

  /** Takes what the address says as the page opens; nothing is written before `open`. */
  read(): void {
    this.#decode((part) => readText(location.hash).has(part.name));
    addEventListener("popstate", () => this.#goTo());
  }

  /** From now on what is seen is what was asked for, and the address follows it. */
  open(): void {
    this.#isOpen = true;
    this.drift();
  }

  /** Notes that something changed by and by. */
  drift(): void {
    if (!this.#isOpen || this.#isReading) return;
    this.#pending = this.#text();
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.flush(), Math.max(0, this.#wroteAtMs + WRITE_EVERY_MS - performance.now()));
  }

  /** Notes that something else is looked at: one can go back to what was before. */
  jump(): void {
    if (!this.#isOpen || this.#isReading) return;
    this.flush();
    const text = this.#text();
    if (text !== location.hash) history.pushState(history.state, "", text);
  }

  /** Writes at once what is still to be written. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending === null) return;
    if (this.#pending !== location.hash) history.replaceState(history.state, "", this.#pending);
    this.#pending = null;
    this.#wroteAtMs = performance.now();
  }

  /** What stands behind the "#" for what is seen now. */
  get fragment(): string {
    return this.#text().slice(1);
  }

  /** Shows what a fragment says, as an entry that one can go back from. */
  visit(fragment: string): void {
    this.flush();
    // The browser tells of it as of going back.
    location.hash = fragment;
  }

  /** The whole address of what is seen now. */
  get href(): string {
    return new URL(this.#text(), location.href).href;
  }

  /** Shows what an entry says that was gone back, or forward, to. */
  #goTo(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = null;
    // A fragment without parts is a place on the page, not a view.
    if (location.hash.includes("=")) this.#decode((part) => part.isHabit !== true);
    // Habits are those of now, and what made no sense is gone.
    this.drift();
  }

  #decode(isMeant: (part: ViewPart) => boolean): void {
    const values = readText(location.hash);
    this.#isReading = true;
    try {
      for (const part of this.#parts.filter(isMeant)) part.decode(values.get(part.name) ?? null);
    } finally {
      this.#isReading = false;
    }
  }

  #text(): string {
    const parts = this.#parts.flatMap((part) => {
      const value = part.encode();
      return value === null ? [] : [`${part.name}=${written(value)}`];
    });
    return `#${parts.join("&")}`;
  }
}

/** Readable, where that does no harm. */
function written(value: string): string {
  return encodeURIComponent(value).replace(/%2F/g, "/").replace(/%2C/g, ",").replace(/%3A/g, ":");
}

/** The parts of a fragment; those that cannot be read are left out, of two of a name the first counts. */
function readText(fragment: string): Map<string, string> {
  const values = new Map<string, string>();
  if (fragment.length > MOST_LENGTH) return values;
  for (const part of fragment.slice(1).split("&")) {
    const at = part.indexOf("=");
    if (at < 1 || values.has(part.slice(0, at))) continue;
    try {
      values.set(part.slice(0, at), decodeURIComponent(part.slice(at + 1)));
    } catch {
      // An odd percent sign: as if it were not there.
    }
  }
  return values;
}
