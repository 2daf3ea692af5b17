// An address as a picture that a phone reads.

import { encode } from "uqr";

const SVG = "http://www.w3.org/2000/svg";
const QUIET_MODULES = 3;

export function qrPicture(text: string): SVGSVGElement {
  const { data, size } = encode(text, { ecc: "M", border: QUIET_MODULES });
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join(""));
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${size} ${size}`);
  picture.setAttribute("class", "pairing-qr");
  picture.setAttribute("aria-hidden", "true");
  picture.append(path);
  return picture;
}
