// Where a login leads afterwards: a path of this very server, or nowhere. What is in an address can
// be anybody's, and a login that leads to a foreign page is how passwords are asked for twice.

const NOWHERE = "/";

/** The path, query and fragment, if `next` is a path of this server; else "/". */
export function ownPath(next: string | null, origin: string): string {
  // "//host" and "/\host" are other hosts to a browser; control characters are dropped by it.
  if (next === null || !next.startsWith("/") || /^\/[/\\]|[\u0000-\u001f\\]/.test(next)) return NOWHERE;
  const url = new URL(next, origin);
  if (url.origin !== origin) return NOWHERE;
  const path = url.pathname + url.search + url.hash;
  // "/x/..//host" is normalised to what would be another host when read again.
  return path.startsWith("//") || url.pathname.startsWith("/api/") || url.pathname === "/login" ? NOWHERE : path;
}

/** The login page that leads back to where one is. */
export function loginAddress(): string {
  const here = location.pathname + location.search;
  return here === "/" ? "/login" : `/login?next=${encodeURIComponent(here)}`;
}
