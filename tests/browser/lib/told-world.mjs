// The small fleet with what a desk is filtered and searched by: groups, drivers, addresses and since
// when each does what it does; `listed` are the questions for lists and single vehicles.

import { SmallWorld, idOf } from "./small-world.mjs";

const MINUTE_MS = 60_000;
/** Groups, driver, address and minutes in the state, in the order of the small fleet. */
const TOLD = [
  { groups: ["North / Durban"], driver: "Thandi Ndlovu", address: "12 Marine Parade", minutes: 130 },
  { groups: ["North / Durban"], driver: "José Red", minutes: 12 },
  { groups: ["North / Pretoria"], minutes: 0.5 },
  { groups: ["South"], minutes: 70 },
  { groups: ["South", "North / Pretoria"], driver: "Sipho Botha", minutes: 60 },
  { groups: ["South"], minutes: 3 * 1440 + 4 * 60, atLeast: true },
  { groups: ["A/C repairs"], minutes: 90 },
  {},
  {},
  { minutes: 5 },
  {},
];

/** The names that the list shows; to be evaluated in the page. */
export const NAMES = () => [...document.querySelectorAll(".row:not([hidden]) .row-name")].map((name) => name.textContent).join();

export class ToldWorld extends SmallWorld {
  listed = [];
  #startMs = Date.now();
  #answerBefore = this.answer;

  fleetAt(ms) {
    return super.fleetAt(ms).map((vehicle, i) => {
      const { groups, driver, address, minutes, atLeast } = TOLD[i];
      const fact = (value) => ({ value, at: new Date(ms).toISOString(), source: "alpha" });
      const since = minutes === undefined ? {} : { since: new Date(this.#startMs - minutes * MINUTE_MS).toISOString(), ...(atLeast && { since_at_least: true }) };
      return { ...vehicle, ...(groups && { groups }), ...(driver && { driver: fact(driver) }), ...(address && { address: fact(address) }), motion: { state: vehicle.motion.state, ...since } };
    });
  }

  answer = (response, request) => {
    const url = new URL(request.url, "http://host/");
    const isList = url.pathname === "/api/v1/vehicles" && !url.searchParams.has("at");
    const isOne = /^\/api\/v1\/vehicles\/[^/]+$/.test(url.pathname);
    if (isList || isOne) this.listed.push(url);
    if (!isList) return this.#answerBefore(response, request);
    const q = url.searchParams.get("q")?.toLowerCase() ?? "";
    const fleet = this.fleetAt(Date.now());
    const vehicles = fleet.filter((vehicle) => JSON.stringify(vehicle).toLowerCase().includes(q));
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ vehicles, total: vehicles.length }));
    return true;
  };
}

export { idOf };
