// What the map shows, as the server is told: it then sends the parts of a large fleet that can be
// seen. A map that is dragged says so over and over, which nobody needs: the teller says at most
// four times a second where it is, and always where it came to rest.

/** West, south, east, north in degrees (west beyond east crosses the date line), and the zoom. */
export interface Sight {
  bounds: [west: number, south: number, east: number, north: number];
  zoom: number;
}

/** The whole world, as a map shows it that does not know yet where the fleet is. */
export const WORLD_SIGHT: Sight = { bounds: [-180, -85, 180, 85], zoom: 1.6 };

export const TOLD_EVERY_MS = 250;
const DEGREE_DIGITS = 5;
const ZOOM_DIGITS = 2;

/** A sight of bounds that may go beyond 180 degrees, or around the world more than once. */
export function sightOf([west, south, east, north]: Sight["bounds"], zoom: number): Sight {
  const isAllAround = east - west >= 360;
  const lng = (deg: number) => rounded(deg - 360 * Math.floor((deg + 180) / 360), DEGREE_DIGITS);
  const lat = (deg: number) => rounded(Math.min(90, Math.max(-90, deg)), DEGREE_DIGITS);
  const [left, right] = isAllAround ? [-180, 180] : [lng(west), lng(east)];
  return { bounds: [left, lat(south), right, lat(north)], zoom: rounded(zoom, ZOOM_DIGITS) };
}

/** As members of the query that a connection begins with. */
export function sightQuery({ bounds, zoom }: Sight): Record<string, string> {
  return { bounds: bounds.join(), zoom: String(zoom) };
}

function rounded(value: number, digits: number): number {
  // Adding 0 makes 0 of -0.
  return Math.round(value * 10 ** digits) / 10 ** digits + 0;
}

export class SightTeller {
  #say: (text: string) => boolean;
  #sight: Sight | null = null;
  #told = "";
  #toldAtMs = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `say` answers whether it could be sent; what could not is for the next connection. */
  constructor(say: (text: string) => boolean) {
    this.#say = say;
  }

  /** The newest one. */
  get sight(): Sight | null {
    return this.#sight;
  }

  /** Whether the server was told of the newest one. */
  get isTold(): boolean {
    return JSON.stringify(this.#sight) === this.#told;
  }

  look(sight: Sight): void {
    this.#sight = sight;
    this.tell();
  }

  /** Notes that a new connection begins with the newest sight. */
  connect(): void {
    this.#told = JSON.stringify(this.#sight);
    this.#toldAtMs = performance.now();
  }

  /** Says where the map is now, if the server does not know, soon. */
  tell(): void {
    if (this.#timer !== undefined || this.isTold) return;
    const waitMs = Math.max(0, this.#toldAtMs + TOLD_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => this.#tellNow(), waitMs);
  }

  #tellNow(): void {
    this.#timer = undefined;
    if (this.isTold || !this.#say(JSON.stringify({ type: "view", ...this.#sight }))) return;
    this.connect();
  }
}
