// Places, rules, alarms, who is out of service and webhooks, as the server's contract has them: for
// tests of the page. `role` is that of whoever looks.

import { DisplayWorld } from "./display-world.mjs";

export class AlarmWorld {
  role = "administrator";
  places = new Map();
  rules = new Map();
  out = new Map();
  webhooks = new Map();
  alarms = new Map();
  groups = ["North", "South"];
  /** Scenes and displays. */
  screens = new DisplayWorld();
  /** What was asked to be changed: `{method, path, body}`. */
  asked = [];
  #viewers = new Set();
  #seq = 1;
  #version = 1;

  /** Tells a viewer what is open. */
  greet(viewer) {
    this.#viewers.add(viewer);
    viewer.json({ type: "alarms", all: true, base: 1, seq: this.#seq, alarms: this.open() });
  }

  open() {
    return [...this.alarms.values()].filter(isOpen).sort((one, other) => Number(other.id) - Number(one.id));
  }

  /** An alarm begins; `more` is whatever differs. */
  raise(more) {
    const id = String(this.alarms.size + 1);
    const alarm = { id, rule: { id: "r", name: "Panic button" }, kind: "panic", severity: "alarm", began_at: new Date().toISOString(), ...more };
    this.alarms.set(id, alarm);
    this.#tell([alarm]);
    return id;
  }

  change(id, more) {
    const alarm = { ...this.alarms.get(id), ...more };
    this.alarms.set(id, alarm);
    this.#tell([alarm]);
  }

  #tell(changed) {
    const base = this.#seq++;
    const [alarms, closed] = [changed.filter(isOpen), changed.filter((alarm) => !isOpen(alarm)).map(({ id }) => id)];
    for (const viewer of this.#viewers) viewer.json({ type: "alarms", base, seq: this.#seq, alarms, closed });
  }

  /** Answers a request if it is for one of these; to be given to a stand-in. */
  answer = (response, request) => {
    const url = new URL(request.url, "http://host/");
    const path = url.pathname.replace("/api/v1", "");
    const [, kind, id, more] = path.split("/").map(decodeURIComponent);
    const routes = { me: this.#me, groups: this.#groups, places: this.#places, "places.geojson": this.#export, rules: this.#rules, "out-of-service": this.#service, alarms: this.#alarms, webhooks: this.#webhooks, vehicles: this.#vehicles, scenes: this.#screens, displays: this.#screens };
    if (!url.pathname.startsWith("/api/v1/") || !Object.hasOwn(routes, kind)) return false;
    if (kind === "vehicles" && (id !== undefined || !url.searchParams.has("q"))) return false;
    let text = "";
    request.on("data", (data) => (text += data));
    request.on("end", () => {
      const body = text === "" ? undefined : JSON.parse(text);
      const { method } = request;
      if (method !== "GET") this.asked.push({ method, path: decodeURIComponent(path), body });
      if (method !== "GET" && this.role === "viewer") return refuse(response, 403, "not_allowed", "You may not do this.");
      routes[kind].call(this, { response, method, path, id, more, body, query: url.searchParams });
    });
    return true;
  };

  #me({ response }) {
    json(response, { id: 1, name: "ada", role: this.role, kind: "person", sight: { groups: "all" } });
  }

  #groups({ response }) {
    json(response, { groups: this.groups, counts: {} });
  }

  #vehicles({ response, query }) {
    const all = Array.from({ length: 4 }, (_, i) => ({ id: `small/${i + 1}`, name: `Truck ${i + 1}` }));
    json(response, { vehicles: all.filter(({ name }) => name.toLowerCase().includes(query.get("q").toLowerCase())) });
  }

  #export({ response }) {
    json(response, { type: "FeatureCollection", features: [] });
  }

  #places({ response, method, id, body }) {
    if (method === "GET") return json(response, { places: [...this.places.values()], version: this.#version });
    this.#version += 1;
    if (method === "POST" && id === "import") return this.#import(response, body);
    const users = [...this.rules.values()].filter(({ places = [] }) => places.includes(id));
    if (method === "DELETE" && users.length > 0) return refuse(response, 409, "in_use", `It is used by the rule ${users.map(({ name }) => `“${name}”`).join(", ")}.`);
    this.#keep(this.places, response, method, id, body);
  }

  #import(response, { features }) {
    const skipped = [];
    for (const [index, { geometry, properties }] of features.entries()) {
      const name = properties?.name ?? properties?.title ?? properties?.Name ?? `Place ${index + 1}`;
      const id = `imported-${index}`;
      if (geometry?.type === "Polygon") this.places.set(id, { id, name, shape: { kind: "polygon", rings: geometry.coordinates } });
      else if (geometry?.type === "Point" && properties?.radius_m > 0) this.places.set(id, { id, name, shape: { kind: "circle", lng_deg: geometry.coordinates[0], lat_deg: geometry.coordinates[1], radius_m: properties.radius_m } });
      else skipped.push({ index, reason: "neither a polygon nor a point with radius_m" });
    }
    json(response, { imported: features.length - skipped.length, skipped });
  }

  #rules({ response, method, id, body }) {
    if (method === "GET") return json(response, { rules: [...this.rules.values()], version: this.#version });
    this.#version += 1;
    this.#keep(this.rules, response, method, id, body);
  }

  #service({ response, method, id, body }) {
    if (method === "GET") return json(response, { vehicles: [...this.out.values()] });
    if (method === "DELETE") this.out.delete(id);
    else this.out.set(id, { vehicle: id, since: new Date().toISOString(), by: "ada", ...body });
    if (method === "DELETE") return empty(response);
    json(response, this.out.get(id));
  }

  #alarms({ response, method, id, more, body, query }) {
    if (method === "GET") return this.#list(response, query);
    const ids = id === "acknowledge" ? body.ids : more === "acknowledge" ? [id] : [];
    for (const one of ids) this.alarms.set(one, { acknowledged_at: new Date().toISOString(), acknowledged_by: "ada", ...this.alarms.get(one) });
    this.#tell(ids.map((one) => this.alarms.get(one)));
    json(response, id === "acknowledge" ? {} : this.alarms.get(id));
  }

  #list(response, query) {
    const before = Number(query.get("before") ?? Infinity);
    const limit = Number(query.get("limit") ?? 100);
    const all = [...this.alarms.values()].filter((alarm) => query.get("state") === "all" || isOpen(alarm)).sort((one, other) => Number(other.id) - Number(one.id)).filter(({ id }) => Number(id) < before);
    const page = all.slice(0, limit);
    json(response, { alarms: page, ...(all.length > limit && { next: page.at(-1).id }) });
  }

  #webhooks({ response, method, id, more, body }) {
    if (this.role !== "administrator") return refuse(response, 403, "not_allowed", "You may not do this.");
    if (method === "GET") return json(response, { webhooks: [...this.webhooks.values()] });
    if (more === "test") return this.webhooks.get(id).name === "Broken" ? refuse(response, 502, "not_delivered", "It answered 500.") : json(response, { status: 200 });
    const isNew = !this.webhooks.has(id);
    if (method === "DELETE") return this.#keep(this.webhooks, response, method, id);
    this.webhooks.set(id, { id, ...body, health: { state: "well", waiting: 0, dropped: 0 } });
    json(response, { ...this.webhooks.get(id), ...(isNew && { secret: "fg_hook_secret" }) });
  }

  #screens({ response, method, path, body }) {
    const [status, content] = this.screens.decide(method, path, body, this.role);
    if (status === 204) return empty(response);
    json(response, content, status);
  }

  #keep(kept, response, method, id, body) {
    if (method === "DELETE") {
      kept.delete(id);
      return empty(response);
    }
    kept.set(id, { id, ...body });
    json(response, kept.get(id));
  }
}

function isOpen({ ended_at, acknowledged_at }) {
  return ended_at === undefined || acknowledged_at === undefined;
}

function json(response, body, status = 200) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function empty(response) {
  response.writeHead(204);
  response.end();
}

function refuse(response, status, code, message) {
  json(response, { error: { code, message } }, status);
}
