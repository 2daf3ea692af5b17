// Speeds, distances and times of day as this viewer reads them. Inside it is metres, seconds and
// milliseconds everywhere; only here they become what was chosen. A time of day always has its zone.
// Numbers and times are written as the language of the page writes them.

export interface Reading {
  units: "km" | "mi";
  hours: "24" | "12";
}

const M_PER_MILE = 1_609.344;
const M_PER_FOOT = 0.3048;
const KMH_PER_MPS = 3.6;
const KM_PER_MILE = M_PER_MILE / 1_000;

let reading: Reading = { units: "km", hours: "24" };
/** Undefined is what the browser would choose. */
let locale: string | undefined;
let isRightToLeft = false;
/** Made when first asked for, since making them is slow. */
let formats: ReturnType<typeof formatsOf> | null = null;
const decimals = new Map<number, Intl.NumberFormat>();

/** Has all that is written from now on be written so. */
export function readAs(changed: Reading): void {
  reading = { units: changed.units, hours: changed.hours };
  formats = null;
}

/** Has all that is written from now on be written as in this locale, among words that run that way. */
export function readIn(changed: string | undefined, direction: "ltr" | "rtl" = "ltr"): void {
  locale = changed;
  isRightToLeft = direction === "rtl";
  formats = null;
  decimals.clear();
}

/** The locale that is written in; for what sorts words or names. */
export function readingLocale(): string | undefined {
  return locale;
}

/** A number with its unit, a time with its zone: read from left to right among any words. */
export function isolated(text: string): string {
  return isRightToLeft ? `\u2066${text}\u2069` : text;
}

function formatsNow(): ReturnType<typeof formatsOf> {
  return (formats ??= formatsOf(reading.hours));
}

export function speedUnit(): string {
  return reading.units === "mi" ? "mph" : "km/h";
}

/** A number of km/h in the viewer's unit. */
export function speedNumber(kmh: number): number {
  return Math.round(reading.units === "mi" ? kmh / KM_PER_MILE : kmh);
}

/** "63 km/h", "39 mph". */
export function speedText(speedMps: number): string {
  return isolated(`${speedNumber(speedMps * KMH_PER_MPS)} ${speedUnit()}`);
}

/** "640 m", "2.4 km", "1,204 km"; "900 ft", "1.5 mi". */
export function distanceText(metres: number): string {
  const [small, smallUnit, large, largeUnit] = reading.units === "mi" ? [metres / M_PER_FOOT, "ft", metres / M_PER_MILE, "mi"] : [metres, "m", metres / 1_000, "km"];
  if (small < 1_000) return isolated(`${numberText(small < 100 ? small : Math.round(small / 10) * 10)} ${smallUnit}`);
  return isolated(`${decimalText(large, large < 10 ? 2 : large < 100 ? 1 : 0)} ${largeUnit}`);
}

/** A long way on a counter: "120,431 km", "74,832 mi". */
export function odometerText(metres: number): string {
  return isolated(reading.units === "mi" ? `${numberText(metres / M_PER_MILE)} mi` : `${numberText(metres / 1_000)} km`);
}

/** A height or an error of some metres: "1,420 m", "4,659 ft". */
export function lengthText(metres: number): string {
  return isolated(reading.units === "mi" ? `${numberText(metres / M_PER_FOOT)} ft` : `${numberText(metres)} m`);
}

export function numberText(value: number): string {
  return decimalText(value, 0);
}

/** With so many digits after the point: "2.40", "2,40". */
export function decimalText(value: number, digits: number): string {
  let format = decimals.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    decimals.set(digits, format);
  }
  return format.format(value);
}

function formatsOf(hours: Reading["hours"]) {
  const shape = hours === "24" ? ({ hour: "2-digit", hourCycle: "h23" } as const) : ({ hour: "numeric", hourCycle: "h12" } as const);
  return {
    day: new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short" }),
    zone: new Intl.DateTimeFormat(locale, { timeZoneName: "short" }),
    clock: new Intl.DateTimeFormat(locale, { ...shape, minute: "2-digit", second: "2-digit" }),
    minute: new Intl.DateTimeFormat(locale, { ...shape, minute: "2-digit" }),
    hour: new Intl.DateTimeFormat(locale, shape),
    full: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "long", hourCycle: shape.hourCycle }),
  };
}

/** "14:02:31", for where the zone stands beside it. */
export function clockText(ms: number): string {
  return formatsNow().clock.format(ms);
}

/** "14:02:31 SAST". */
export function zonedClockText(ms: number): string {
  return isolated(`${clockText(ms)} ${zoneText(ms)}`);
}

/** "14:02", with the day where it is not today: for where the zone follows. */
export function bareSinceText(ms: number, nowMs: number): string {
  const isToday = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return isToday ? formatsNow().minute.format(ms) : `${dayText(ms)}, ${formatsNow().minute.format(ms)}`;
}

/** "14:02 SAST", with the day where it is not today. */
export function sinceText(ms: number, nowMs: number): string {
  return isolated(`${bareSinceText(ms, nowMs)} ${zoneText(ms)}`);
}

/** A whole hour of any day on a scale: "18:00", "6 pm". */
export function hourText(hour: number): string {
  return reading.hours === "24" ? `${hour}:00` : formatsNow().hour.format(new Date(2026, 0, 1, hour));
}

export function dayText(ms: number): string {
  return formatsNow().day.format(ms);
}

/** Date, time and zone in full, for tooltips. */
export function fullTimeText(ms: number): string {
  return formatsNow().full.format(ms);
}

/** "SAST", "GMT+2". */
export function zoneText(ms: number): string {
  return formatsNow().zone.formatToParts(ms).find((part) => part.type === "timeZoneName")?.value ?? "";
}

/** What short lengths, as radii, are typed in. */
export function lengthUnit(): string {
  return reading.units === "mi" ? "ft" : "m";
}

export function lengthNumber(metres: number): number {
  return Math.round(reading.units === "mi" ? metres / M_PER_FOOT : metres);
}

/** Of a number in `lengthUnit`. */
export function metresOf(length: number): number {
  return reading.units === "mi" ? length * M_PER_FOOT : length;
}

/** Of a number in `speedUnit`. */
export function mpsOf(speed: number): number {
  return (reading.units === "mi" ? speed * KM_PER_MILE : speed) / KMH_PER_MPS;
}

/** Metres a second in the viewer's unit. */
export function speedNumberOf(mps: number): number {
  return speedNumber(mps * KMH_PER_MPS);
}
