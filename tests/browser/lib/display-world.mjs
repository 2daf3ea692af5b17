// Scenes and displays as the server's contract has them, for tests of the page; `displays` are what it
// knows beside their tokens, `orders` what they were told.

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const MEMBERS = new Set(["name", "group", "bounds", "dwell_s", "theme", "layers", "scales", "panels"]);
const MOST_SCENES = 24;

export class DisplayWorld {
  scenes = new Map();
  displays = new Map();
  /** `{id, do, ...}`, oldest first. */
  orders = [];
  version = 1;

  /** A display; `more` is whatever differs. */
  add(id, more = {}) {
    this.displays.set(id, { id, name: id, is_connected: true, last_seen_at: new Date().toISOString(), scenes: [], dim_pct: 0, ...more });
  }

  /** `[status, body]`; null where it is for something else. Other roles than these two are refused. */
  decide(method, path, body, role = "administrator") {
    const [, kind, id, more] = path.split("/").map(decodeURIComponent);
    if (kind !== "scenes" && kind !== "displays") return null;
    const mayChange = role === "administrator" || role === "dispatcher";
    if (!mayChange && (kind === "displays" || method !== "GET")) return refusal(403, "not_allowed", "for dispatchers");
    if (kind === "scenes") return this.#scenes(method, id, body);
    return more === "command" ? this.#order(id, body) : this.#displays(method, id, body, role);
  }

  #scenes(method, id, body) {
    if (method === "GET") return [200, { scenes: [...this.scenes.values()], version: this.version }];
    this.version += 1;
    if (method === "DELETE") {
      const on = [...this.displays.values()].filter(({ scenes }) => scenes.includes(id));
      if (on.length > 0) return refusal(409, "in_use", `shown on ${on.map(({ name }) => name).join(", ")}; take it off there first`);
      this.scenes.delete(id);
      return [204];
    }
    const problem = problemOf(id, body);
    if (problem !== null) return refusal(400, "bad_scene", problem);
    this.scenes.set(id, { id, ...body });
    return [200, { id, ...body }];
  }

  #displays(method, id, body, role) {
    const told = ({ address, ...rest }) => (role === "administrator" && address !== undefined ? { ...rest, address } : rest);
    if (method === "GET") return [200, { displays: [...this.displays.values()].map(told) }];
    const display = this.displays.get(id);
    if (display === undefined) return refusal(404, "not_found", "no such display");
    const unknown = Object.keys(body).filter((name) => name !== "scenes" && name !== "dim_pct");
    const isGood = unknown.length === 0 && body.scenes.length <= MOST_SCENES && body.scenes.every((one) => this.scenes.has(one)) && body.dim_pct >= 0 && body.dim_pct <= 80;
    if (!isGood) return refusal(400, "bad_display", `${JSON.stringify(body)} makes no sense`);
    Object.assign(display, body);
    return [200, told(display)];
  }

  #order(id, body) {
    const display = this.displays.get(id);
    if (display === undefined) return refusal(404, "not_found", "no such display");
    if (!display.is_connected) return refusal(409, "not_connected", "the display is not connected");
    if (body.do === "scene" && !display.scenes.some((one) => this.scenes.get(one).name === body.name)) return refusal(400, "bad_command", `${body.name} is none of its scenes`);
    if (body.do === "message" && (body.text.length < 1 || body.text.length > 200 || body.for_s < 5 || body.for_s > 3_600)) return refusal(400, "bad_command", "a message has 1 to 200 characters and 5 to 3600 s");
    this.orders.push({ id, ...body });
    return [200, { reached: 1 }];
  }
}

/** As a display says it each minute. */
export function reportOf(more = {}) {
  return { build: "a1b2c3d4e5", uptime_s: 277_320, screen: "live", frames_per_s: 29.8, frame_ms_p95: 11.4, heap_mb: 84.2, scene: "", graphics_losses: 0, shows: "map", size_px: [1920, 1080], errors: [], received_at: new Date(Date.now() - 20_000).toISOString(), ...more };
}

function problemOf(id, { name, scene, ...rest }) {
  if (!ID.test(id)) return `id ${id}`;
  if (Object.keys(rest).length > 0) return `unknown: ${Object.keys(rest)}`;
  if (typeof name !== "string" || name.length < 1 || name.length > 60) return `name ${name}`;
  const unknown = Object.keys(scene).filter((member) => !MEMBERS.has(member));
  if (unknown.length > 0) return `unknown: ${unknown}`;
  if (scene.dwell_s !== undefined && !(scene.dwell_s >= 5 && scene.dwell_s <= 3_600)) return `dwell_s ${scene.dwell_s}`;
  const [west, south, east, north] = scene.bounds ?? [0, 0, 1, 1];
  if (!(west < east && south < north && west >= -180 && east <= 360 && south >= -85 && north <= 85)) return `bounds ${scene.bounds}`;
  return Object.values(scene.scales ?? {}).every((scale) => scale >= 0.4 && scale <= 3) ? null : "scales";
}

function refusal(status, code, message) {
  return [status, { error: { code, message } }];
}
