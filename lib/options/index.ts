/** Options as callers write them to options as the other rooms take them. */
export { normalizeContainerOptions } from './container.ts';
export type * from './normalized.ts';
export {
  normalizeEventsOptions,
  normalizeIpsOptions,
  normalizePressureOptions,
  normalizeRunOptions,
  normalizeStartOptions,
  normalizeStatsOptions,
  normalizeStopOptions,
  normalizeWindow,
} from './process.ts';
export { mergeResources } from './resources.ts';
export { normalizeSandboxOptions } from './sandbox.ts';
