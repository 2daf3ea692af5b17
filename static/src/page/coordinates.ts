// Coordinates as people have them: typed in degrees, or in degrees, minutes and seconds, or pasted
// from another map, be it its address. Pure; what cannot be read for certain is not guessed.

export interface Spot {
  latDeg: number;
  lngDeg: number;
  /** Of another map's address; null where none is named. */
  zoom: number | null;
}

const MOST_LENGTH = 2_000;
const NUMBER = "([+-]?\\d{1,3}(?:\\.\\d+)?)";
const ZOOM = "(\\d{1,2}(?:\\.\\d+)?)";

/** Where other maps write a place, the most exact first; a marker counts more than the view. */
const IN_ADDRESSES: { pattern: RegExp; order: ("lat" | "lng" | "zoom")[] }[] = [
  { pattern: new RegExp(`[?&#]mlat=${NUMBER}&mlon=${NUMBER}(?:.*#map=${ZOOM}/)?`), order: ["lat", "lng", "zoom"] },
  { pattern: new RegExp(`!3d${NUMBER}!4d${NUMBER}`), order: ["lat", "lng"] },
  { pattern: new RegExp(`@${NUMBER},${NUMBER}(?:,${ZOOM}z)?`), order: ["lat", "lng", "zoom"] },
  { pattern: new RegExp(`[?&#](?:map=)?${ZOOM}/${NUMBER}/${NUMBER}`), order: ["zoom", "lat", "lng"] },
  { pattern: new RegExp(`[?&#](?:q|query|ll|sll|center|destination|daddr|cp|coordinate)=(?:loc:)?${NUMBER}[,~ +]+${NUMBER}`), order: ["lat", "lng"] },
  { pattern: new RegExp(`[?&#]lat=${NUMBER}&(?:lon|lng)=${NUMBER}(?:&(?:z|zoom)=${ZOOM})?`), order: ["lat", "lng", "zoom"] },
];
const GEO = new RegExp(`^geo:${NUMBER},${NUMBER}(?:[,;?].*?)?(?:[?&]z=${ZOOM})?$`, "i");

/** A place, or null where the text names none. */
export function spotOf(text: string): Spot | null {
  const trimmed = text.trim().slice(0, MOST_LENGTH);
  const geo = GEO.exec(trimmed);
  if (geo !== null) return checked(geo[1], geo[2], geo[3]);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) return inAddress(trimmed);
  return inWords(trimmed);
}

function inAddress(address: string): Spot | null {
  let plain = address;
  try {
    plain = decodeURIComponent(address);
  } catch {
    // As it is: an odd percent sign may stand elsewhere in it.
  }
  for (const { pattern, order } of IN_ADDRESSES) {
    const found = pattern.exec(plain);
    if (found === null) continue;
    const part = (name: "lat" | "lng" | "zoom") => (order.includes(name) ? found[order.indexOf(name) + 1] : undefined);
    return checked(part("lat"), part("lng"), part("zoom"));
  }
  return null;
}

function inWords(text: string): Spot | null {
  const plain = text
    .toUpperCase()
    .replace(/\b(?:LAT(?:ITUDE)?|LON(?:G(?:ITUDE)?)?|LNG)\b\.?\s*[:=]?/g, " ")
    .replace(/^([+-]?\d+),(\d+)(?:\s*[;,]\s+|\s+)([+-]?\d+),(\d+)$/, "$1.$2 $3.$4")
    .replace(/\u2212/g, "-");
  const tokens = plain.match(/[NSEW]|[+-]?\d+(?:\.\d+)?/g) ?? [];
  const rest = plain.replace(/[NSEW]|[+-]?\d+(?:\.\d+)?/g, "");
  if (!/^[\s,;:°º'′’"″”]*$/.test(rest)) return null;
  const groups = halves(tokens);
  if (groups === null) return null;
  const [first, second] = groups.map(angleOf) as [Angle | null, Angle | null];
  if (first === null || second === null) return null;
  const isSwapped = first.axis === "lng";
  const [lat, lng] = isSwapped ? [second, first] : [first, second];
  return lat.axis === "lng" || lng.axis === "lat" ? null : checked(String(lat.deg), String(lng.deg), undefined);
}

interface Angle {
  deg: number;
  /** By its letter; null where there is none. */
  axis: "lat" | "lng" | null;
}

/** The two angles' tokens; letters stand before all, or after all. */
function halves(tokens: readonly string[]): [string[], string[]] | null {
  const letters = tokens.flatMap((token, i) => (/[NSEW]/.test(token) ? [i] : []));
  if (letters.length === 0) return tokens.length % 2 === 0 && tokens.length >= 2 ? [tokens.slice(0, tokens.length / 2), tokens.slice(tokens.length / 2)] : null;
  if (letters.length !== 2) return null;
  const isBefore = letters[0] === 0;
  if (!isBefore && letters[1] !== tokens.length - 1) return null;
  const cut = isBefore ? letters[1]! : letters[0]! + 1;
  return [tokens.slice(0, cut), tokens.slice(cut)];
}

/** One to three numbers, and a letter or none. */
function angleOf(tokens: readonly string[]): Angle | null {
  const letter = tokens.find((token) => /[NSEW]/.test(token));
  const numbers = tokens.filter((token) => token !== letter);
  if (numbers.length < 1 || numbers.length > 3) return null;
  const [whole, minutes = 0, seconds = 0] = numbers.map(Number) as [number, number?, number?];
  const isNegative = numbers[0]!.startsWith("-");
  // Half a degree and minutes beside it, or a sign and a letter, say two things at once.
  if (numbers.slice(0, -1).some((number) => number.includes(".")) || (isNegative && letter !== undefined)) return null;
  if (minutes < 0 || minutes >= 60 || seconds < 0 || seconds >= 60) return null;
  const size = Math.abs(whole) + minutes / 60 + seconds / 3600;
  const axis = letter === undefined ? null : letter === "N" || letter === "S" ? "lat" : "lng";
  return { deg: isNegative || letter === "S" || letter === "W" ? -size : size, axis };
}

function checked(lat: string | undefined, lng: string | undefined, zoom: string | undefined): Spot | null {
  const [latDeg, lngDeg] = [Number(lat ?? NaN), Number(lng ?? NaN)];
  if (!(Math.abs(latDeg) <= 90 && Math.abs(lngDeg) <= 180)) return null;
  return { latDeg, lngDeg, zoom: zoom === undefined ? null : Number(zoom) };
}
