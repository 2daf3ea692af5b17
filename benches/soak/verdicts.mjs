// Of each measure: how it went, and whether that is flat. Pure.

import { limitOf, trendOf } from "./trend.mjs";

/** `isFlat` is null where there is too little to say. */
export function verdictsOf(samples, measures) {
  return measures.map((measure) => {
    const series = seriesOf(samples, measure);
    const trend = trendOf(series);
    const limit = trend === null ? null : limitOf(measure, trend.level);
    return { ...measure, series, trend, limit, isFlat: trend === null ? null : trend.growth <= limit };
  });
}

/** What a measure was at each time; null where it could not be read. */
function seriesOf(samples, { key, of }) {
  return samples.map(({ atS, figures, lives }) => ({ atS, value: figures[key] ?? null, life: lives[of] }));
}
