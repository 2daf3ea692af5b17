// A real OpenID provider, node-oidc-provider, with its own pages to sign in and to consent, and
// people whom a test gives groups. It is called `localhost` where the server is `127.0.0.1`: to a
// browser these are two sites, as a provider and a server are.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import http from "node:http";

const CLIENT = "fleetglass";

export class RealProvider {
  #server;
  #isHolding = false;
  #held = null;
  /** Groups by name of who signs in. */
  people = new Map();
  secret = randomBytes(24).toString("base64url");
  /** Each request that came, by method and path. */
  asked = [];
  issuer;

  static async start() {
    const provider = new RealProvider();
    provider.#server = http.createServer((_request, response) => response.writeHead(503).end());
    await new Promise((resolve) => provider.#server.listen(0, "localhost", resolve));
    provider.issuer = `http://localhost:${provider.#server.address().port}`;
    return provider;
  }

  /** From now on it knows a client that is sent back to `redirect`. */
  async serve(redirect) {
    const { Provider } = await import("oidc-provider");
    const provider = new Provider(this.issuer, {
      clients: [{ client_id: CLIENT, client_secret: this.secret, redirect_uris: [redirect], grant_types: ["authorization_code"], response_types: ["code"] }],
      claims: { openid: ["sub"], profile: ["preferred_username"], email: ["email"], groups: ["groups"] },
      findAccount: (_context, id) => ({ accountId: id, claims: () => this.#claims(id) }),
      pkce: { required: () => true },
      jwks: { keys: [signingKey()] },
      cookies: { keys: [randomBytes(16).toString("hex")] },
    });
    const handle = provider.callback();
    this.#server.removeAllListeners("request");
    this.#server.on("request", (request, response) => {
      this.asked.push(`${request.method} ${request.url.split("?")[0]}`);
      if (this.#isHolding) this.#hold(response);
      handle(request, response);
    });
  }

  /** The section of the configuration that leads here. */
  section(more) {
    return `
[access.oidc]
issuer = "${this.issuer}"
client_id = "${CLIENT}"
client_secret = "${this.secret}"
name = "Example"
scopes = ["profile", "email", "groups"]
${more}
`;
  }

  /** From now on an answer stays with whoever asked, instead of leading the browser back. */
  holdAnswers() {
    this.#isHolding = true;
  }

  /** The address that was kept, and no more of them. */
  letGo() {
    this.#isHolding = false;
    return this.#held;
  }

  close() {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  #hold(response) {
    const end = response.end;
    response.end = (...rest) => {
      const to = response.getHeader("location");
      if (!to?.includes("/api/v1/oidc/callback")) return end.apply(response, rest);
      this.#held = to;
      response.removeHeader("location");
      response.removeHeader("content-length");
      response.statusCode = 200;
      return end.call(response, "held");
    };
  }

  #claims(id) {
    const groups = this.people.get(id);
    return { sub: `subject-of-${id}`, preferred_username: id, email: `${id}@example.org`, ...(groups === undefined ? {} : { groups }) };
  }
}

function signingKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "first" };
}
