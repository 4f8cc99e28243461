/** Where the examples find the rest of this repository. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the source tree. */
export const TOP = fileURLToPath(new URL('../..', import.meta.url));

export const VERSION: string = JSON.parse(readFileSync(join(TOP, 'package.json'), 'utf8')).version;
