// "Why this position?": each device of the vehicle with its last fix, how old that is, what became
// of it and why; and, on demand, where on the map the others are.

import type { Ghost } from "../map/ghosts.ts";
import type { DeviceReport, Vehicle } from "../protocol.ts";
import { byId, h, setText } from "./dom.ts";
import { FactList } from "./fact-list.ts";
import type { FactContent } from "./fact-list.ts";
import { agoText, deviceText, fullTimeText } from "./words.ts";
import { words } from "../words/words.ts";

type Place = [lngDeg: number, latDeg: number];

export class WhyPanel {
  #devices = new FactList();
  #toggle = h("input", { type: "checkbox", id: "ghosts" });
  #row = h("label", { class: "check", for: "ghosts" }, this.#toggle, words.why.show);
  #note = h("p", { class: "muted" });
  #showGhosts: (origin: Place | null, ghosts: readonly Ghost[]) => void;
  #vehicle: Vehicle | null = null;
  #nowMs = 0;

  constructor(showGhosts: (origin: Place | null, ghosts: readonly Ghost[]) => void) {
    this.#showGhosts = showGhosts;
    byId("detail-devices").append(this.#devices.element, this.#row, this.#note);
    this.#toggle.addEventListener("change", () => this.#draw());
  }

  /** Shows a vehicle's devices, or none; whether others are drawn is forgotten with the vehicle. */
  show(vehicle: Vehicle | null, nowMs: number): void {
    if (vehicle?.id !== this.#vehicle?.id) this.#toggle.checked = false;
    this.#vehicle = vehicle;
    this.#nowMs = nowMs;
    const devices = vehicle?.devices ?? [];
    this.#row.hidden = devices.length < 2;
    this.#devices.show(new Map(devices.map((report) => [keyOf(report), this.#fact(report)])));
    this.#draw();
  }

  #fact(report: DeviceReport): FactContent {
    const fixedMs = Date.parse(report.fixed_at ?? "");
    return {
      label: `${report.source} ${report.device}`,
      value: isKept(this.#vehicle) ? deviceText(report, this.#nowMs - fixedMs) : "",
      note: report.reason ?? "",
      isMarked: isShown(report, this.#vehicle),
      ...(Number.isNaN(fixedMs) ? {} : { title: fullTimeText(fixedMs) }),
    };
  }

  #draw(): void {
    const isOn = this.#toggle.checked && this.#vehicle !== null;
    const ghosts = isOn ? ghostsOf(this.#vehicle!, this.#nowMs) : [];
    setText(this.#note, !isKept(this.#vehicle) ? words.why.notKept : isOn && ghosts.length === 0 ? words.why.noOther : "");
    this.#showGhosts(isOn ? placeOf(this.#vehicle!) : null, ghosts);
  }
}

/** The last fixes of the devices that the position is not of. */
export function ghostsOf(vehicle: Vehicle, nowMs: number): Ghost[] {
  return (vehicle.devices ?? []).flatMap((report) => {
    if (isShown(report, vehicle) || report.lat_deg === undefined || report.lng_deg === undefined) return [];
    const fixedMs = Date.parse(report.fixed_at ?? "");
    const age = Number.isNaN(fixedMs) ? "" : `, ${agoText(nowMs - fixedMs)}`;
    return [{ key: keyOf(report), label: `${report.source} ${report.device}${age}`, lngLatDeg: [report.lng_deg, report.lat_deg] }];
  });
}

/** Of the past only which devices there were is remembered, not what each of them said. */
function isKept(vehicle: Vehicle | null): boolean {
  const devices = vehicle?.devices ?? [];
  return vehicle === null || devices.some(({ fixed_at }) => fixed_at !== undefined) || (devices.length > 0 && vehicle.position === undefined);
}

function placeOf({ drawn, position }: Vehicle): Place | null {
  const at = drawn ?? position;
  return at === undefined ? null : [at.lng_deg, at.lat_deg];
}

function isShown({ source, device }: DeviceReport, vehicle: Vehicle | null): boolean {
  return vehicle?.position?.source === source && vehicle.position.device === device;
}

function keyOf({ source, device }: DeviceReport): string {
  return `${source}/${device}`;
}
