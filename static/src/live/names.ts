// What a vehicle is called, and how texts are compared.

import type { DictionaryEntry, Vehicle } from "../protocol.ts";

/** What a vehicle is called on the screen: its name, else its registration, else its id. */
export function displayName(vehicle: { id: string; name?: string; registration?: string }): string {
  return vehicle.name || vehicle.registration || vehicle.id;
}

/** What the dictionary would say of it. */
export function entryOf({ id, name, registration, groups, driver, devices = [] }: Vehicle): DictionaryEntry {
  const known = { ...(name && { name }), ...(registration && { registration }), ...(groups && { groups }), ...(driver && { driver: driver.value }) };
  return { id, ...known, devices: devices.map(({ source, device }) => `${source}/${device}`) };
}

/** Lower case without accents, so that "cafe" finds "Café". */
export function fold(text: string): string {
  // Most names have no accents, and finding that out is far cheaper than taking them off.
  if (/^[\0-\x7e]*$/.test(text)) return text.toLowerCase();
  return text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase();
}
