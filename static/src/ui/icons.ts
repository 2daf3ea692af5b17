// The markers' shapes as small pictures for lists and counts: the same forms that the shader draws.

import { FRESHNESSES, MOTIONS, UNKNOWN_MOTION } from "../codes.ts";
import type { Attention, Standing } from "../codes.ts";

const SVG = "http://www.w3.org/2000/svg";
const ARROW = "M0 -10 L7.2 7.8 L0 4.2 L-7.2 7.8 Z";
const DISC = "M0 -7.4 A7.4 7.4 0 1 1 0 7.4 A7.4 7.4 0 1 1 0 -7.4 Z";
const SMALL_DISC = "M0 -5.2 A5.2 5.2 0 1 1 0 5.2 A5.2 5.2 0 1 1 0 -5.2 Z";
const SQUARE = "M-4.6 -6.2 H4.6 A1.6 1.6 0 0 1 6.2 -4.6 V4.6 A1.6 1.6 0 0 1 4.6 6.2 H-4.6 A1.6 1.6 0 0 1 -6.2 4.6 V-4.6 A1.6 1.6 0 0 1 -4.6 -6.2 Z";
const DIAMOND = "M0 -8 L8 0 L0 8 L-8 0 Z";
const BARS = "M-2.400 -3.400 V3.400 M2.400 -3.400 V3.400";
const STRIKE = "M-5 5 L5 -5";
/** The moon: nobody is to know where it is, and nothing is wrong. */
const MOON = "M2.6 -7 A7.4 7.4 0 1 0 7.2 3.2 A6 6 0 0 1 2.6 -7 Z";
const CUT = "M6 -10 L10 -6 M10 -10 L6 -6";

const SHAPES = [ARROW, DISC, SQUARE, SMALL_DISC, DIAMOND];

/** A picture of a vehicle's state; the word beside it says the same. */
export function stateIcon(motion: number, freshness: number, isFeedDown = false): SVGSVGElement {
  const icon = svg("svg", { viewBox: "-12 -12 24 24", "aria-hidden": "true", class: "state-icon" }) as SVGSVGElement;
  icon.dataset["motion"] = MOTIONS[motion] ?? "unknown";
  icon.dataset["freshness"] = FRESHNESSES[freshness] ?? "never";
  const shape = FRESHNESSES[freshness] === "off_duty" ? MOON : (SHAPES[motion] ?? DIAMOND);
  icon.append(svg("path", { d: shape, class: "shape" }));
  if (MOTIONS[motion] === "idling") icon.append(svg("path", { d: BARS, class: "bars" }));
  if (FRESHNESSES[freshness] === "offline") icon.append(svg("path", { d: STRIKE, class: "strike" }));
  if (isFeedDown) icon.append(svg("circle", { cx: "8", cy: "-8", r: "5", class: "cut" }), svg("path", { d: CUT, class: "cut-cross" }));
  return icon;
}

/** What needs a look: a clock, a clock that lost its hands, one struck out, and two places for one vehicle. */
const ATTENTION_SHAPES: Record<Exclude<Attention, "overdue">, [ground: string, lines: string]> = {
  late: [DISC, "M0 -3.6 V0.4 L2.8 2.4"],
  stale: [DISC, "M-3 0 H3"],
  offline: [DISC, STRIKE],
  diverging: ["M-4.4 -7 A3.6 3.6 0 1 1 -4.4 0.2 A3.6 3.6 0 1 1 -4.4 -7 Z M4.4 -0.2 A3.6 3.6 0 1 1 4.4 7 A3.6 3.6 0 1 1 4.4 -0.2 Z", "M4 -7 L7 -4 M7 -7 L4 -4"],
};

export function standingIcon(standing: Standing): SVGSVGElement {
  if (standing === "overdue") return stateIcon(UNKNOWN_MOTION, FRESHNESSES.indexOf("stale"));
  if (standing === "never" || standing === "off_duty") return stateIcon(UNKNOWN_MOTION, FRESHNESSES.indexOf(standing));
  return stateIcon(MOTIONS.indexOf(standing), FRESHNESSES.indexOf("live"));
}

export function attentionIcon(attention: Attention): SVGSVGElement {
  if (attention === "overdue") return standingIcon(attention);
  const [ground, lines] = ATTENTION_SHAPES[attention];
  const icon = svg("svg", { viewBox: "-12 -12 24 24", "aria-hidden": "true", class: "state-icon" }) as SVGSVGElement;
  icon.dataset["freshness"] = attention;
  icon.append(svg("path", { d: ground, class: "shape" }), svg("path", { d: lines, class: "strike" }));
  return icon;
}

const HEALTH_SHAPES: Record<string, string> = {
  up: SMALL_DISC,
  connecting: "M0 -6 A6 6 0 1 1 -6 0",
  slow: "M0 -7 L7 6 L-7 6 Z",
  limited: "M-6 -6 H6 V6 H-6 Z",
  auth: DIAMOND,
  down: "M-5.5 -5.5 L5.5 5.5 M5.5 -5.5 L-5.5 5.5",
};

export function healthIcon(health: string): SVGSVGElement {
  const icon = svg("svg", { viewBox: "-9 -9 18 18", "aria-hidden": "true", class: "health-icon" }) as SVGSVGElement;
  icon.dataset["health"] = health;
  icon.append(svg("path", { d: HEALTH_SHAPES[health] ?? DIAMOND }));
  return icon;
}

function svg(tag: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
