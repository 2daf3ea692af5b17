// What follows the "#" of an address: secrets come in there, since it is sent nowhere.

/** Takes it out of the address, and so of the history, for good. */
export function takeFragment(): string {
  const raw = location.hash.slice(1);
  if (raw !== "") history.replaceState(history.state, "", location.pathname + location.search);
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}
