// What a display says of itself each minute, so that whoever looks after it need not stand before
// it: what went wrong, how fast it draws, what it holds, which build, since when, what it shows. No
// vehicle, no place and no secret is in it.

const EVERY_MS = 60_000;
const TIMEOUT_MS = 10_000;
const MOST_ERRORS = 10;
const MOST_TEXT = 200;
const REPORT_PATH = "/api/v1/display/report";

export interface ReportedError {
  text: string;
  count: number;
  /** Seconds before the report. */
  last_s_ago: number;
}

export interface Report {
  build: string;
  uptime_s: number;
  screen: string;
  /** Drawn since the last report, on average. */
  frames_per_s: number | null;
  frame_ms_p95: number | null;
  /** Where the browser tells it. */
  heap_mb: number | null;
  scene: string;
  graphics_losses: number;
  /** The map, or the list in its place. */
  shows: "map" | "list";
  size_px: [number, number];
  errors: ReportedError[];
}

/** What only the page knows. */
export interface ReportSource {
  build: string;
  screen(): string;
  framesDrawn(): number | null;
  frameTimesMs(): readonly number[];
  scene(): string;
  graphicsLosses(): number;
  shows(): "map" | "list";
}

/** Errors by their text: one that comes each second must not push the others out. */
export class ErrorBook {
  #errors = new Map<string, { count: number; lastMs: number }>();

  note(text: string, nowMs: number): void {
    const key = withoutSecrets(text).slice(0, MOST_TEXT);
    const known = this.#errors.get(key) ?? { count: 0, lastMs: 0 };
    this.#errors.delete(key);
    this.#errors.set(key, { count: known.count + 1, lastMs: nowMs });
    const oldest = this.#errors.keys().next();
    if (this.#errors.size > MOST_ERRORS && oldest.done !== true) this.#errors.delete(oldest.value);
  }

  /** Newest first. */
  list(nowMs: number): ReportedError[] {
    const all = [...this.#errors].map(([text, { count, lastMs }]) => ({ text, count, last_s_ago: Math.round((nowMs - lastMs) / 1_000) }));
    return all.reverse();
  }
}

/** Addresses end before their query and fragment, where tokens are; tokens of ours go wherever they stand. */
function withoutSecrets(text: string): string {
  return text.replace(/(https?:\/\/[^\s?#]*)[?#]\S*/g, "$1").replace(/\bfg_\w+/g, "fg_…");
}

export class Reporter {
  readonly errors = new ErrorBook();
  #source: ReportSource;
  #framesBefore: number | null = null;
  #beforeMs = performance.now();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** It collects from here on. */
  constructor(source: ReportSource) {
    this.#source = source;
    addEventListener("error", (event) => this.errors.note(event.message, performance.now()));
    addEventListener("unhandledrejection", (event) => this.errors.note(String(event.reason), performance.now()));
  }

  /** Sends one each minute, until the server says that it takes none. */
  start(send: (report: Report) => Promise<boolean> = sendReport): void {
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      const report = this.make(nowMs);
      [this.#framesBefore, this.#beforeMs] = [this.#source.framesDrawn(), nowMs];
      void send(report).then((isWanted) => {
        if (!isWanted) clearInterval(this.#timer);
      });
    }, EVERY_MS);
  }

  /** What there is to say now, of the time since the last one that was sent. */
  make(nowMs: number): Report {
    const source = this.#source;
    const frames = source.framesDrawn();
    const seconds = (nowMs - this.#beforeMs) / 1_000;
    const drawn = frames === null || seconds <= 0 ? null : (frames - (this.#framesBefore ?? 0)) / seconds;
    return {
      build: source.build,
      uptime_s: Math.round(nowMs / 1_000),
      screen: source.screen(),
      frames_per_s: drawn === null ? null : rounded(drawn),
      frame_ms_p95: p95(source.frameTimesMs()),
      heap_mb: heapMb(),
      scene: source.scene(),
      graphics_losses: source.graphicsLosses(),
      shows: source.shows(),
      size_px: [innerWidth, innerHeight],
      errors: this.errors.list(nowMs),
    };
  }
}

const WORTH_ANOTHER_TRY = new Set([408, 425, 429]);

/** Hands a report over; false where the server wants no such thing, and need not be told again. */
export async function sendReport(report: Report): Promise<boolean> {
  const sent = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(report), cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) } as const;
  const response = await fetch(REPORT_PATH, sent).catch(() => null);
  // Without an answer, or while the server is in trouble, the next may come through.
  return response === null || response.status < 400 || response.status >= 500 || WORTH_ANOTHER_TRY.has(response.status);
}

function p95(timesMs: readonly number[]): number | null {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const value = sorted[Math.floor(sorted.length * 0.95)];
  return value === undefined ? null : rounded(value);
}

function heapMb(): number | null {
  const bytes = (performance as { memory?: { usedJSHeapSize?: number } }).memory?.usedJSHeapSize;
  return bytes === undefined ? null : rounded(bytes / 2 ** 20);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
