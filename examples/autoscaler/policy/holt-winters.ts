/**
 * Holt's and Winters' exponential smoothing: a level, a trend, and what a season adds at each of its times; with the trend
 * damped as Gardner and McKenzie do, since a step is no slope that goes on.
 */

export interface HoltWintersOptions {
  /** Weights of what is new, 0 to 1: in the level, in the trend, in the season. */
  alpha: number;
  beta: number;
  gamma: number;
  /** Observations that a season has; 0 for none (Holt's linear method). */
  season: number;
  /** What is left of the trend at each observation to come, 0 to 1; 1 for a trend that goes on for ever. */
  damping: number;
}

export interface HoltWinters {
  level: number;
  trend: number;
  /** What each time of the season adds. */
  seasonal: readonly number[];
  /** Observations so far. */
  count: number;
  /** The first season's observations, until it is over: the season is then what they differ from their mean. */
  first: readonly number[];
}

export const NOTHING_SEEN: HoltWinters = { level: 0, trend: 0, seasonal: [], count: 0, first: [] };

/** After one more observation. */
export function smooth(model: HoltWinters, value: number, options: HoltWintersOptions): HoltWinters {
  const { alpha, beta, gamma, season, damping } = options;
  const { count } = model;
  if (count === 0) return { ...model, level: value, count: 1, first: season > 0 ? [value] : [] };

  const learnt = model.seasonal.length > 0;
  const slot = season > 0 ? count % season : 0;
  const added = learnt ? (model.seasonal[slot] ?? 0) : 0;
  const level = alpha * (value - added) + (1 - alpha) * (model.level + damping * model.trend);
  const trend = beta * (level - model.level) + (1 - beta) * damping * model.trend;
  const next = { level, trend, count: count + 1 };
  if (season === 0) return { ...model, ...next };
  if (learnt)
    return {
      ...model,
      ...next,
      seasonal: model.seasonal.map((each, i) => (i === slot ? gamma * (value - level) + (1 - gamma) * each : each)),
    };
  const first = [...model.first, value];
  if (first.length < season) return { ...model, ...next, first };
  const mean = first.reduce((sum, each) => sum + each, 0) / season;
  return { level: mean, trend: 0, count: count + 1, first: [], seasonal: first.map((each) => each - mean) };
}

/** What the observation `ahead` of the last one will be; at least 0. */
export function forecast({ level, trend, seasonal, count }: HoltWinters, ahead: number, damping = 1): number {
  const added = seasonal.length > 0 ? (seasonal[(count - 1 + ahead) % seasonal.length] ?? 0) : 0;
  const steps = damping === 1 ? ahead : (damping * (1 - damping ** ahead)) / (1 - damping);
  return Math.max(0, level + steps * trend + added);
}
