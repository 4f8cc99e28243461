/** Options as callers write them to options as the other rooms take them. */
export { normalizeContainerOptions } from './container.ts';
export type * from './normalized.ts';
export { normalizeRunOptions, normalizeStartOptions, normalizeStopOptions, normalizeWindow } from './process.ts';
export { normalizeSandboxOptions } from './sandbox.ts';
