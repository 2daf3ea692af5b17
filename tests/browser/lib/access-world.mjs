// People, displays and tokens, with the API over them, for a stand-in: so that the pages of access
// are tested by what they ask and show, without waiting for anything a real server would decide.

import { DisplayWorld } from "./display-world.mjs";

const PASSWORD = "correct horse battery";
const CLOSED = ["/account", "/users", "/displays", "/tokens", "/audit", "/"];
const LETTERS = "CDFGHJKMNPQRTVWXY34679";

export class AccessWorld {
  users = [
    { id: 1, name: "Ada", role: "administrator", sight: { groups: "all" }, is_disabled: false, has_password: true, is_external: false, made_at: ago(9 * 86_400), entered_at: ago(40) },
    { id: 2, name: "Vic", role: "viewer", sight: { groups: ["North"], hide: ["driver"] }, is_disabled: false, has_password: true, is_external: false, made_at: ago(8 * 86_400), entered_at: ago(7_200) },
    { id: 4, name: "Dan", role: "dispatcher", sight: { groups: "all" }, is_disabled: false, has_password: true, is_external: false, made_at: ago(86_400) },
    { id: 3, name: "Dora", role: "dispatcher", sight: { groups: ["North", "South"] }, is_disabled: true, has_password: false, is_external: false, made_at: ago(86_400) },
  ];
  groups = ["North", "South", "Workshop"];
  tokens = [
    { id: "t1", kind: "display", name: "Dispatch room", sight: { groups: "all" }, made_by: "Ada", made_at: ago(86_400), seen_at: ago(5) },
    { id: "t2", kind: "program", name: "Route planner", sight: { groups: ["North"], hide: ["driver", "address"] }, expires_at: ago(-60 * 86_400), net: "192.0.2.0/24", made_by: "Ada", made_at: ago(86_400) },
  ];
  /** What displays do, and the scenes that they show; one for each token of a display. */
  screens = new DisplayWorld();
  sessions = [
    { id: "s1", user: { id: 1, name: "Ada" }, made_at: ago(3_600), seen_at: ago(3), from: "192.0.2.7", agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", is_this: true },
    { id: "s2", user: { id: 1, name: "Ada" }, made_at: ago(90_000), seen_at: ago(8_000), from: "198.51.100.20", agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit Safari/604.1", is_this: false },
  ];
  /** Of everybody else. */
  foreignSessions = [
    { id: "s3", user: { id: 2, name: "Vic" }, made_at: ago(7_200), seen_at: ago(60), from: "203.0.113.4", agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", is_this: false },
  ];
  audit = Array.from({ length: 130 }, (_, i) => ({ n: 130 - i, at: ago(i * 700), who: i % 5 === 0 ? "-" : "Ada", address: `192.0.2.${i % 9}`, what: i % 5 === 0 ? "login_failed" : "user_changed", subject: `user:${i}` }));
  signIn = { password: true };
  invitations = { fg_invite_first: { kind: "first_administrator" }, fg_invite_vic: { kind: "set_password", name: "Vic" } };
  displayTokens = new Set(["fg_view_kiosk"]);
  /** Waiting displays: `{code, secret, state}`. */
  pairings = [];
  codeLastsMs = 600_000;
  /** Cookies that are let in: the name of a user, or "display". */
  cookies = new Map([["session=ada", "Ada"], ["session=vic", "Vic"], ["session=dan", "Dan"]]);
  /** Where no sign-in is needed at all. */
  isLocal = false;
  /** Answers given in place of all others: path to `[status, body, headers]`. */
  overrides = {};
  /** Whether the API answers at all. */
  isAway = false;
  /** What was asked: `{method, path, body}`. */
  asked = [];

  /** For `standIn`: answers, or false. */
  answer = (response, request) => {
    const url = new URL(request.url, "http://stand-in");
    if (CLOSED.includes(url.pathname) && this.who(request) === null) {
      response.writeHead(303, { location: `/login?next=${encodeURIComponent(url.pathname)}` }).end();
      return true;
    }
    const isOurs = /^\/api\/v1\/(me|sign-in|session|sessions|password|invitation|users|tokens|pairing|display|displays|scenes|groups|audit)\b/.test(url.pathname);
    if (!isOurs) return false;
    void this.#take(response, request, url);
    return true;
  };

  admits = (request) => this.who(request) !== null;

  who(request) {
    if (this.isLocal) return "local";
    for (const cookie of (request.headers.cookie ?? "").split("; ")) if (this.cookies.has(cookie)) return this.cookies.get(cookie);
    return null;
  }

  async #take(response, request, url) {
    const text = await new Response(request).text();
    const body = text === "" ? undefined : JSON.parse(text);
    const path = url.pathname.slice("/api/v1".length);
    this.asked.push({ method: request.method, path: path + url.search, body });
    if (this.isAway) return response.destroy();
    const [status, content, headers] = (await this.overrides[path]?.(body)) ?? this.#decide(request.method, path, body, url.searchParams, this.who(request));
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(content === undefined ? undefined : JSON.stringify(content));
  }

  #decide(method, path, body, query, who) {
    const open = this.#decideOpen(`${method} ${path}`, body);
    if (open !== null) return open;
    if (who === null) return refusal(401, "not_signed_in", "nobody is signed in");
    const me = this.#me(who);
    if (path === "/me") return [200, me];
    if (path === "/session") return [204, undefined, { "set-cookie": "session=; Max-Age=0; Path=/" }];
    if (path.startsWith("/sessions")) return this.#decideSessions(method, path, query.has("all") && me.role === "administrator");
    if (path === "/password") return body.old === PASSWORD ? [204] : refusal(401, "wrong_credentials", "wrong");
    this.#bringScreens();
    const screens = this.screens.decide(method, path, body, me.role);
    if (screens !== null) return screens;
    if (path === "/groups") return [200, { groups: this.groups }];
    if (me.role !== "administrator") return refusal(403, "not_allowed", "for administrators");
    return this.#administer(method, path, body, query) ?? refusal(404, "not_found", "no such thing");
  }

  #me(who) {
    if (who === "local") return { name: "local", role: "administrator", kind: "local", sight: { groups: "all" } };
    if (who === "display") return { id: "t9", name: "Wall", role: "viewer", kind: "display", sight: { groups: "all" } };
    return { kind: "person", ...this.users.find(({ name }) => name === who) };
  }

  #decideOpen(what, body) {
    switch (what) {
      case "GET /sign-in":
        return [200, this.signIn];
      case "POST /session":
        if (body.password !== PASSWORD || !this.users.some(({ name }) => name === body.name)) return refusal(401, "wrong_credentials", "name or password is wrong");
        return this.#enter(body.name);
      case "POST /invitation/look":
        return this.invitations[body.secret] === undefined ? refusal(410, "spent", "spent") : [200, this.invitations[body.secret]];
      case "POST /invitation":
        if (body.password.length < 14) return refusal(422, "password_refused", "that password is little more than a name; take other words");
        delete this.invitations[body.secret];
        return this.#enter(body.name ?? "Vic");
      case "POST /display":
        return this.displayTokens.has(body.token) ? this.#admitDisplay() : refusal(401, "not_signed_in", "no such token");
      case "POST /pairing":
        return this.#askPairing();
      case "POST /pairing/poll":
        return this.#poll(body.secret);
      default:
        return null;
    }
  }

  #enter(name) {
    const cookie = `session=${name.toLowerCase()}`;
    this.cookies.set(cookie, name);
    if (!this.users.some((user) => user.name === name)) this.users.push({ ...this.users[0], id: 9, name });
    return [204, undefined, { "set-cookie": `${cookie}; Path=/; HttpOnly` }];
  }

  #admitDisplay(status = 204, body = undefined) {
    this.cookies.set("display=1", "display");
    return [status, body, { "set-cookie": "display=1; Path=/; HttpOnly" }];
  }

  #askPairing() {
    const n = this.pairings.length;
    const code = Array.from({ length: 6 }, (_, i) => LETTERS[(n * 7 + i * 5) % LETTERS.length]).join("");
    const pairing = { code, secret: `secret-${n}`, state: "waiting", expires_at: new Date(Date.now() + this.codeLastsMs).toISOString() };
    this.pairings.push(pairing);
    return [201, { code, secret: pairing.secret, expires_at: pairing.expires_at }];
  }

  #poll(secret) {
    const pairing = this.pairings.find((one) => one.secret === secret);
    if (pairing === undefined || pairing.state === "gone") return refusal(410, "gone", "gone");
    if (pairing.state === "paired") return this.#admitDisplay(200, { state: "paired" });
    return [200, { state: "waiting", expires_at: pairing.expires_at }];
  }

  #decideSessions(method, path, all) {
    if (method === "GET") return [200, { sessions: all ? [...this.sessions, ...this.foreignSessions] : this.sessions }];
    const id = path.slice("/sessions/".length);
    this.foreignSessions = this.foreignSessions.filter((session) => session.id !== id);
    this.sessions = this.sessions.filter((session) => (id === "" ? session.is_this : session.id !== id));
    return [204];
  }

  #administer(method, path, body, query) {
    const [, kind, id, verb] = path.split("/");
    if (kind === "audit") return this.#audit(query);
    if (kind === "pairing") return this.#decidePairing(id, verb, body);
    if (kind === "users") return this.#decideUsers(method, Number(id), verb, body);
    if (kind === "tokens") return this.#decideTokens(method, id, body);
    return null;
  }

  #audit(query) {
    const after = Number(query.get("after") ?? Infinity);
    const rest = this.audit.filter(({ n }) => n < after);
    const entries = rest.slice(0, Number(query.get("limit")));
    return [200, { entries, ...(rest.length > entries.length ? { next: entries.at(-1).n } : {}) }];
  }

  #decidePairing(code, verb, body) {
    const pairing = this.pairings.find((one) => one.code === code && one.state === "waiting");
    if (pairing === undefined) return refusal(410, "spent", "spent");
    if (verb === undefined) return [200, { from: "198.51.100.9", agent: "Mozilla/5.0 (X11; Linux aarch64) AppleWebKit Chrome/140.0 Safari/537.36", asked_at: ago(20) }];
    pairing.state = verb === "approve" ? "paired" : "gone";
    if (verb === "approve") this.tokens.push({ id: `p${code}`, kind: "display", made_by: "Ada", made_at: ago(0), ...body });
    return [204];
  }

  #decideUsers(method, id, verb, body) {
    if (method === "GET") return [200, { users: this.users }];
    if (method === "PATCH") return Object.assign(this.users.find((user) => user.id === id), body), [204];
    if (verb === "invitation") return [200, { invitation: "/invitation#fg_invite_again" }];
    if (this.users.some(({ name }) => name === body.name)) return refusal(409, "name_taken", "taken");
    this.users.push({ id: 10 + this.users.length, is_disabled: false, has_password: false, is_external: false, made_at: ago(0), ...body });
    return [201, { id: 10, invitation: "/invitation#fg_invite_new" }];
  }

  /** Names are those of the tokens; whoever has none is no display. */
  #bringScreens() {
    const tokens = this.tokens.filter(({ kind }) => kind === "display");
    const { displays } = this.screens;
    for (const id of displays.keys()) if (!tokens.some((token) => token.id === id)) displays.delete(id);
    for (const { id, name, seen_at } of tokens) {
      if (!displays.has(id)) this.screens.add(id, { is_connected: false, last_seen_at: seen_at });
      displays.get(id).name = name;
    }
  }

  #decideTokens(method, id, body) {
    if (method === "GET") return [200, { tokens: this.tokens }];
    if (method === "DELETE") this.tokens = this.tokens.filter((token) => token.id !== id);
    if (method === "PATCH") Object.assign(this.tokens.find((token) => token.id === id), body);
    if (method !== "POST") return [204];
    this.tokens.push({ id: `m${this.tokens.length}`, made_by: "Ada", made_at: ago(0), ...body });
    return [201, { id: "m", token: `fg_${body.kind}_shown-once` }];
  }
}

export { PASSWORD };

function refusal(status, code, message) {
  return [status, { error: { code, message } }];
}

function ago(seconds) {
  return new Date(Date.now() - seconds * 1_000).toISOString();
}
