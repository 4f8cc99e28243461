#!/usr/bin/env -S npx tsx
/** Named containers and copy-on-write clones, with the commands of LXC. See docs/cloner.md. */
import { CLONER } from './cloner/table/index.ts';
import { works } from './cloner/works.ts';
import { dispatch, main } from './shared/command-line.ts';
import { VERSION } from './shared/package.ts';

await main(dispatch(CLONER, VERSION, process.argv.slice(2), works));
