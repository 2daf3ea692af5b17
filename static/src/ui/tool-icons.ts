// Pictures of the map's tools, drawn in the text's colour.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  follow: "M8 1.2v3M8 11.8v3M1.2 8h3M11.8 8h3M8 3.6a4.4 4.4 0 1 0 0 8.8 4.4 4.4 0 0 0 0-8.8zM8 7.4a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2z",
  measure: "M1.6 10.9 10.9 1.6l3.5 3.5-9.3 9.3zM4.2 8.4l1.6 1.6M6.4 6.2l1.2 1.2M8.5 4l1.7 1.7",
  goTo: "M8 14.4s4.6-4.5 4.6-8A4.6 4.6 0 0 0 3.4 6.4c0 3.5 4.6 8 4.6 8zM8 4.9a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2z",
  nearest: "M8 6.6a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8zM8 3.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4zM2.2 2.6h.1M13.6 3.4h.1M13.2 13.4h.1",
  share: "M6.6 9.4a2.9 2.9 0 0 0 4.1 0l2.4-2.4a2.9 2.9 0 0 0-4.1-4.1l-.8.8M9.4 6.6a2.9 2.9 0 0 0-4.1 0L2.9 9a2.9 2.9 0 0 0 4.1 4.1l.8-.8",
  settings: "M2 4.4h6.4M12.6 4.4H14M2 11.6h1.4M7.6 11.6H14M10.5 2.4a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM5.5 9.6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  views: "M4 2.2h8v11.6L8 10.6l-4 3.2z",
  wall: "M1.6 2.8h12.8v8.4H1.6zM8 11.2v2.4M5 13.6h6",
  columns: "M2.4 2.6h11.2v10.8H2.4zM6.2 2.6v10.8M9.9 2.6v10.8",
  reverse: "M5 2.6v10.8M5 13.4l-2.6-2.8M5 13.4l2.6-2.8M11 13.4V2.6M11 2.6 8.4 5.4M11 2.6l2.6 2.8",
  paused: "M5.6 3.4v9.2M10.4 3.4v9.2",
} as const;

export type ToolIcon = keyof typeof PATHS;

export function toolIcon(name: ToolIcon): SVGSVGElement {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("viewBox", "0 0 16 16");
  icon.setAttribute("aria-hidden", "true");
  icon.setAttribute("class", "tool-icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  icon.append(path);
  return icon;
}
