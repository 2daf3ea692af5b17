// What follows the "#" of an address: secrets come in there, since it is sent nowhere.

/** Takes it out of the address, and so of the history, for good; the language is no part of it. */
export function takeFragment(): string {
  const raw = location.hash.slice(1).split("&").filter((part) => !part.startsWith("lang=")).join("&");
  if (location.hash !== "") history.replaceState(history.state, "", location.pathname + location.search);
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}
