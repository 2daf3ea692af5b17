// What moves each second: the ring round the clock's second. It is moved by this thread, never by
// an animation of the style sheet, which would go on while the page is frozen.

const SVG = "http://www.w3.org/2000/svg";
/** The length of a circle of radius 15.9155 is 100. */
const RADIUS = 15.9155;

export class Beat {
  #arc: SVGCircleElement;

  constructor(place: HTMLElement) {
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("viewBox", "0 0 40 40");
    picture.setAttribute("aria-hidden", "true");
    picture.append(circle("beat-ring"), (this.#arc = circle("beat-arc")));
    place.append(picture);
  }

  /** `nowMs` of any clock: it is the seconds that show. */
  tick(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000) % 60;
    // A dot that goes round is seen from farther off than an arc that grows.
    this.#arc.setAttribute("stroke-dasharray", "18 82");
    this.#arc.setAttribute("stroke-dashoffset", String(25 - (second / 60) * 100));
  }
}

function circle(name: string): SVGCircleElement {
  const one = document.createElementNS(SVG, "circle");
  for (const [key, value] of Object.entries({ cx: 20, cy: 20, r: RADIUS, class: name })) one.setAttribute(key, String(value));
  return one;
}
