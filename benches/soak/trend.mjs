// Whether something grows: the middle one of all slopes between two samples (Theil and Sen), which a
// few odd samples cannot bend, over the time measured. Samples of different lives (another process,
// another page) are never compared. Pure.

/** Of each life this share at its beginning is warm-up, when caches and pools fill. */
export const WARM_UP = 0.25;
/** With fewer pairs than of so many samples a slope says nothing. */
const LEAST_SAMPLES = 8;

/**
 * `samples` are `{atS, value, life}`, by time. Answers null where there is too little to say, else
 * `{level, growth, spanS}`: the middle of what was measured, and by how much it grew over the span.
 */
export function trendOf(samples) {
  const lives = judged(samples);
  const slopes = [];
  for (const life of lives) {
    for (let i = 0; i < life.length; i++) {
      for (let j = i + 1; j < life.length; j++) {
        slopes.push((life[j].value - life[i].value) / (life[j].atS - life[i].atS));
      }
    }
  }
  const values = lives.flat().map(({ value }) => value);
  if (values.length < LEAST_SAMPLES) return null;
  const spanS = lives.reduce((sum, life) => sum + life.at(-1).atS - life[0].atS, 0);
  return { level: median(values), growth: median(slopes) * spanS, spanS };
}

/** What is measured of each life: all but its warm-up, and nothing of a life too short to have a slope. */
export function judged(samples) {
  const lives = Map.groupBy?.(samples, ({ life }) => life) ?? grouped(samples);
  return [...lives.values()]
    .map((life) => {
      const fromS = life[0].atS + (life.at(-1).atS - life[0].atS) * WARM_UP;
      return life.filter(({ atS, value }) => atS >= fromS && value !== null);
    })
    .filter((life) => life.length > 1);
}

function grouped(samples) {
  const lives = new Map();
  for (const sample of samples) lives.set(sample.life, [...(lives.get(sample.life) ?? []), sample]);
  return lives;
}

/** By how much it may grow: a share of its level, or so much where that is more. */
export function limitOf({ share, least }, level) {
  return Math.max(least, share * level);
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
