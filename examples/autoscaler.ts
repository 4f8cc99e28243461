#!/usr/bin/env -S npx tsx
/** An object store behind HAProxy that scales with its load: see `--help`, and docs/autoscaler.md. */
import { WORKS } from './autoscaler/commands/index.ts';
import { AUTOSCALER, DEMONSTRATION } from './autoscaler/options.ts';
import { dispatch, main, run } from './shared/command-line.ts';
import { VERSION } from './shared/package.ts';

const words = process.argv.slice(2);
// Without a command it shows what it is.
const demonstration = async (): Promise<number> =>
  (await import('./autoscaler/commands/demonstration.ts')).demonstration();
await main(
  words.length === 0 ? run(DEMONSTRATION, VERSION, [], demonstration) : dispatch(AUTOSCALER, VERSION, words, WORKS),
);
