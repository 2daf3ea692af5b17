// The form of one place: its name, its shape in numbers, who sees it. What is typed is drawn, and
// what is drawn is typed.

import { MOST_HANDLES } from "../map/place-sketch.ts";
import type { Sketch } from "../map/place-sketch.ts";
import { spotOf } from "../page/coordinates.ts";
import { LEAST_RADIUS_M, MOST_RADIUS_M } from "../page/places.ts";
import type { Place, Point, Shape } from "../page/places.ts";
import { h } from "./dom.ts";
import { Boxes, barButton, labelled, say, troubleText } from "./form-parts.ts";
import type { PlaceDrawing } from "./place-drawing.ts";
import { lengthNumber, lengthUnit, metresOf } from "./units.ts";
import { coordinatesText } from "./words.ts";
import { words } from "../words/words.ts";

const MOST_NAME = 80;
const MOST_POINTS = 5_000;

export interface PlaceFormEnds {
  onSave(place: Place): Promise<void>;
  onCancel(): void;
}

export class PlaceForm {
  readonly element = h("form", { class: "side-form", novalidate: "" });
  #place: Place;
  #drawing: PlaceDrawing;
  #name = h("input", { type: "text", maxlength: String(MOST_NAME), autocomplete: "off" });
  #centre = h("input", { type: "text", dir: "ltr", autocomplete: "off", spellcheck: "false" });
  #radius = h("input", { type: "number", min: "1", step: "1", inputmode: "numeric" });
  #points = h("textarea", { dir: "ltr", rows: "6", spellcheck: "false" });
  #hint = h("p", { class: "muted", role: "status" });
  #note = h("p", { class: "side-note", role: "status" });
  #groups: Boxes;
  /** Inside of the outer one; kept as they are. */
  #holes: Point[][];

  constructor(place: Place, groups: readonly string[], drawing: PlaceDrawing, ends: PlaceFormEnds) {
    this.#place = place;
    this.#drawing = drawing;
    this.#name.value = place.name;
    this.#holes = place.shape.kind === "polygon" ? place.shape.rings.slice(1) : [];
    this.#groups = new Boxes(words.places.seenBy, groups.map((group) => [group, group] as const), place.groups ?? [], words.places.everybody);
    const isNew = place.name === "";
    const title = !isNew ? place.name : place.shape.kind === "circle" ? words.places.newCircle : words.places.newPolygon;
    const shape = place.shape.kind === "circle" ? [labelled(words.places.centre, this.#centre), labelled(words.places.radius, this.#radius, lengthUnit())] : [labelled(words.places.points, this.#points)];
    const save = h("button", { type: "submit", class: "bar-button primary" }, words.places.save);
    this.element.append(h("h2", {}, title), this.#hint, labelled(words.places.name, this.#name), ...shape, this.#groups.element, this.#note, h("div", { class: "side-row" }, save, barButton(words.places.cancel, () => ends.onCancel())));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save(ends);
    });
    for (const field of [this.#centre, this.#radius, this.#points]) field.addEventListener("change", () => this.#typed());
    drawing.start(sketchOf(place.shape, isNew));
    this.show();
  }

  focus(): void {
    this.#name.focus();
  }

  /** Writes what was drawn. */
  show(): void {
    const { sketch } = this.#drawing;
    if (sketch === null) return;
    if (sketch.kind === "circle") {
      this.#centre.value = sketch.center === null ? "" : coordinatesText(sketch.center[1], sketch.center[0]);
      if (document.activeElement !== this.#radius) this.#radius.value = sketch.center === null && this.#radius.value !== "" ? this.#radius.value : String(lengthNumber(sketch.radiusM));
      say(this.#hint, sketch.center === null ? words.draw.circle : words.draw.circleMove);
      return;
    }
    this.#points.value = sketch.points.map(([lng, lat]) => coordinatesText(lat, lng)).join("\n");
    say(this.#hint, !sketch.isClosed ? words.draw.polygon : sketch.points.length > MOST_HANDLES ? words.places.tooMany : words.draw.polygonMove);
  }

  #typed(): void {
    const read = this.#read();
    if (typeof read === "string") return say(this.#note, read, true);
    say(this.#note, "");
    this.#drawing.take(read);
    this.show();
  }

  /** What the fields say; or what is wrong with them. */
  #read(): Sketch | string {
    if (this.#place.shape.kind === "circle") {
      const spot = spotOf(this.#centre.value);
      const radiusM = metresOf(Number(this.#radius.value));
      if (spot === null) return words.places.unclearCentre;
      if (!(radiusM >= LEAST_RADIUS_M - 0.5 && radiusM <= MOST_RADIUS_M + 0.5)) return words.places.badRadius;
      return { kind: "circle", center: [spot.lngDeg, spot.latDeg], radiusM };
    }
    const points: Point[] = [];
    for (const [i, line] of this.#points.value.split("\n").entries()) {
      if (line.trim() === "") continue;
      const spot = spotOf(line);
      if (spot === null) return `${words.places.unclearPoint} ${i + 1}.`;
      points.push([spot.lngDeg, spot.latDeg]);
    }
    if (points.length < 3 || points.length > MOST_POINTS) return words.places.fewPoints;
    return { kind: "polygon", points, isClosed: true };
  }

  async #save(ends: PlaceFormEnds): Promise<void> {
    const name = this.#name.value.trim();
    if (name === "") {
      say(this.#note, words.places.noName, true);
      return this.#name.focus();
    }
    // What was drawn is finer than what stands in the fields.
    const typed = this.#read();
    const drawn = this.#drawing.sketch;
    if (typeof typed === "string") return say(this.#note, typed, true);
    const sketch = drawn !== null && isSame(drawn, typed) ? drawn : typed;
    const groups = this.#groups.chosen;
    const { groups: _before, ...rest } = this.#place;
    const place: Place = { ...rest, name, shape: shapeOf(sketch, this.#holes), ...(groups.length > 0 && { groups }) };
    await ends.onSave(place).catch((error: unknown) => say(this.#note, troubleText(words.places.failed, error), true));
  }
}

function sketchOf(shape: Shape, isNew: boolean): Sketch {
  if (shape.kind === "circle") return { kind: "circle", center: isNew ? null : [shape.lng_deg, shape.lat_deg], radiusM: shape.radius_m };
  // Without the point that closes it.
  return { kind: "polygon", points: (shape.rings[0] ?? []).slice(0, -1), isClosed: !isNew };
}

function shapeOf(sketch: Sketch, holes: Point[][]): Shape {
  if (sketch.kind === "circle") {
    const [lng_deg, lat_deg] = sketch.center ?? [0, 0];
    return { kind: "circle", lat_deg, lng_deg, radius_m: Math.min(MOST_RADIUS_M, Math.max(LEAST_RADIUS_M, sketch.radiusM)) };
  }
  return { kind: "polygon", rings: [[...sketch.points, sketch.points[0]!], ...holes] };
}

/** Whether the fields say the same as the drawing, as far as they can. */
function isSame(drawn: Sketch, typed: Sketch): boolean {
  const text = ([lng, lat]: Point) => coordinatesText(lat, lng);
  if (drawn.kind === "polygon" && typed.kind === "polygon") return drawn.points.map(text).join() === typed.points.map(text).join();
  if (drawn.kind !== "circle" || typed.kind !== "circle" || drawn.center === null || typed.center === null) return false;
  return text(drawn.center) === text(typed.center) && lengthNumber(drawn.radiusM) === lengthNumber(typed.radiusM);
}
