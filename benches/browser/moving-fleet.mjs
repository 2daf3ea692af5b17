// A fleet of so many, all on the move, spread over a city: what a wall has to glide.

import { DICTIONARY, DIFFERENCES, KEYFRAME } from "../../tests/browser/lib/fleet-message.mjs";
import { rowAt } from "../../tests/browser/lib/stand-in.mjs";
import { randomNumbers } from "./fleet.mjs";

/** Units of the wire: some 40 km. */
const CITY = 150_000;
/** About 15 m in a second. */
const STEP = 55;

/** For a stand-in: greets a viewer, and moves all of them each second. */
export function movingFleet(vehicles) {
  const random = randomNumbers(vehicles);
  const entries = Array.from({ length: vehicles }, (_, i) => ({ id: `bench/${i}`, name: `Lorry ${i}`, devices: [] }));
  const full = entries.map((_, index) => {
    const row = rowAt(0);
    return { ...row, index, heading: Math.floor(random() * 180), x: Math.floor(row.x + (random() - 0.5) * CITY), y: Math.floor(row.y + (random() - 0.5) * CITY) };
  });
  return (viewer) => {
    viewer.hello();
    viewer.json({ type: "sources", all: true, base: 1, seq: 1, sources: [{ id: "bench", health: "up" }] });
    viewer.fleet({ kind: DICTIONARY, seq: 1, names: entries.map((entry, index) => [index, entry]) });
    viewer.fleet({ kind: KEYFRAME, seq: 1, full });
    let seq = 1;
    const timer = setInterval(() => {
      const moved = full.map(({ index }) => ({ index, state: 0, flags: 0, heading: Math.floor(random() * 7) - 3, speed: 0, fixed_s: 1, dx: Math.floor((random() - 0.5) * 2 * STEP), dy: Math.floor((random() - 0.5) * 2 * STEP) }));
      viewer.fleet({ kind: DIFFERENCES, base: seq, seq: ++seq, moved });
    }, 1_000);
    timer.unref();
  };
}
