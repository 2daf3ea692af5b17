// Notices that access has ended. A browser does not tell a page why a socket was not opened, so
// after each failure the server is asked who one is; a socket that was closed for good (4003) is
// asked about, too.

import type { ConnectionStatus } from "../live/messages.ts";

const AT_MOST_EVERY_MS = 3_000;
const TIMEOUT_MS = 5_000;

/**
 * `signed_out`: nobody is signed in here (any more). `revoked`: closed for good while one was
 * looking, or shut out by now. `changed`: closed for good, but still somebody: the rights are others
 * now.
 */
export type AccessEnd = "signed_out" | "revoked" | "changed";

export class AccessWatch {
  #onEnd: (end: AccessEnd) => void;
  #askedAtMs = -Infinity;
  #isOver = false;
  #isAsking = false;

  constructor(onEnd: (end: AccessEnd) => void) {
    this.#onEnd = onEnd;
  }

  observe(status: ConnectionStatus): void {
    if (status === "refused") void this.#refused();
    else if (status === "waiting") void this.#lost();
  }

  async #refused(): Promise<void> {
    this.#end((await isSignedIn()) === true ? "changed" : "revoked");
  }

  async #lost(): Promise<void> {
    if (this.#isAsking || performance.now() - this.#askedAtMs < AT_MOST_EVERY_MS) return;
    this.#isAsking = true;
    this.#askedAtMs = performance.now();
    const who = await whoOneIs();
    this.#isAsking = false;
    if (who === "nobody") this.#end("signed_out");
    if (who === "shut_out") this.#end("revoked");
  }

  #end(end: AccessEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(end);
  }
}

/** Whether the server knows who this is; null where it does not say, as while it is away. */
export async function isSignedIn(): Promise<boolean | null> {
  const who = await whoOneIs();
  return who === "somebody" ? true : who === "nobody" ? false : null;
}

/** `shut_out`: a proxy says who this is, and that is nobody who may come in. */
async function whoOneIs(): Promise<"somebody" | "nobody" | "shut_out" | null> {
  const response = await fetch(new URL("/api/v1/me", location.origin), { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => null);
  if (response === null) return null;
  if (response.ok) return "somebody";
  if (response.status === 401) return "nobody";
  // Other refusals are not about people: a host or a way that is not ours, or a proxy's own page.
  return response.status === 403 && (await refusalCode(response)) === "not_allowed" ? "shut_out" : null;
}

async function refusalCode(response: Response): Promise<unknown> {
  const body = (await response.json().catch(() => null)) as { error?: { code?: unknown } } | null;
  return body?.error?.code;
}
