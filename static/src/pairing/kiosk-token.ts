// A display that forgets everything at a restart is opened with its token in the fragment, which is
// in no log and no Referer. It is exchanged for a cookie and leaves the address at once.

import { ApiFailure, ask } from "../access/api.ts";

const RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 15_000;

const NAME = "token=";

/** The token of the address, which then no longer holds it, but all the rest; null where there is none. */
export function takeToken(): string | null {
  const parts = location.hash.slice(1).split("&");
  const part = parts.find((one) => one.startsWith(NAME) && one !== NAME);
  if (part === undefined) return null;
  const rest = parts.filter((one) => !one.startsWith(NAME)).join("&");
  history.replaceState(history.state, "", location.pathname + location.search + (rest === "" ? "" : `#${rest}`));
  return decoded(part.slice(NAME.length));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Exchanges it, however long the server is away, since it stands nowhere else any more; false where
 * it is refused. `onWait` is called while there is no answer.
 */
export async function enterWith(token: string, onWait: () => void): Promise<boolean> {
  for (let n = 1; ; n++) {
    try {
      await ask("POST", "/api/v1/display", { token });
      return true;
    } catch (error) {
      const isRefused = error instanceof ApiFailure && [400, 401, 403, 410, 422].includes(error.status);
      if (isRefused) return false;
      onWait();
      const asked = error instanceof ApiFailure && error.retryAfterS !== null ? error.retryAfterS * 1_000 : 0;
      const backOffMs = Math.min(RETRY_MS * n, LONGEST_RETRY_MS);
      await new Promise((resolve) => setTimeout(resolve, Math.max(asked, backOffMs) * (1 + Math.random() / 2)));
    }
  }
}
