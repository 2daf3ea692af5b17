// Pictures of alarms: a severity is told by its form as well as by its colour. The map's markers
// carry the same forms.

import type { Severity } from "../protocol.ts";

const SVG = "http://www.w3.org/2000/svg";
const BELL = "M8 1.6v1.2M3.4 11.6c1-1 1.2-2.2 1.2-4.6a3.4 3.4 0 0 1 6.8 0c0 2.4.2 3.6 1.2 4.6zM6.6 13.4a1.5 1.5 0 0 0 2.8 0";

/** A disc, a triangle, an octagon; each with its sign. */
const FORMS: Record<Severity, [ground: string, sign: string]> = {
  notice: ["M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2z", "M8 7.4v3.4M8 5.2v.1"],
  warning: ["M8 1.4 15.2 14H.8z", "M8 6v3.8M8 11.8v.1"],
  alarm: ["M5 1h6l4 4v6l-4 4H5l-4-4V5z", "M8 4v4.6M8 11.4v.1"],
};

export function severityIcon(severity: Severity): SVGSVGElement {
  const icon = drawing(FORMS[severity][0], "severity-icon");
  icon.dataset["severity"] = severity;
  icon.append(path(FORMS[severity][1], "sign"));
  return icon;
}

export function bellIcon(): SVGSVGElement {
  return drawing(BELL, "tool-icon");
}

function drawing(d: string, name: string): SVGSVGElement {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("viewBox", "0 0 16 16");
  icon.setAttribute("aria-hidden", "true");
  icon.setAttribute("class", name);
  icon.append(path(d, "ground"));
  return icon;
}

function path(d: string, name: string): SVGPathElement {
  const element = document.createElementNS(SVG, "path");
  element.setAttribute("d", d);
  element.setAttribute("class", name);
  return element;
}
