// The views that people saved, as the server keeps them: each a name and the fragment of an address.
// Who may have none is answered 403; a server that keeps none answers 404.

const TIMEOUT_MS = 15_000;
const PATH = "/api/v1/views";

export interface SavedView {
  id: string;
  name: string;
  /** What stands behind the "#" of the address. */
  fragment: string;
  /** Everybody sees it. */
  shared: boolean;
  /** Of who looks: to be changed. */
  own: boolean;
}

/** What the server said where it refused. */
export class ViewRefusal extends Error {}

/** All that one may open; null where there is no such thing. Fails where nobody answers. */
export async function fetchViews(): Promise<SavedView[] | null> {
  const response = await ask("GET", PATH);
  if (response.status === 404 || response.status === 403) return null;
  await check(response);
  return ((await response.json()) as { views: SavedView[] }).views;
}

export async function putView({ id, name, fragment, shared }: SavedView): Promise<void> {
  await check(await ask("PUT", `${PATH}/${encodeURIComponent(id)}`, { name, fragment, shared }));
}

export async function deleteView(id: string): Promise<void> {
  await check(await ask("DELETE", `${PATH}/${encodeURIComponent(id)}`));
}

/** An id that nobody has yet. */
export function newViewId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `v-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function ask(method: string, path: string, body?: object): Promise<Response> {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  return fetch(new URL(path, location.href), { method, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS), ...content });
}

async function check(response: Response): Promise<void> {
  if (response.ok) return;
  const { error } = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
  throw new ViewRefusal(error?.message ?? String(response.status));
}
