/** All suites, in the order in which a reader would want them. */
import { UsageError } from '../../shared/command-line.ts';
import type { Suite } from '../suite.ts';
import { boot } from './boot/index.ts';
import { clone } from './clone/index.ts';
import { exec } from './exec/index.ts';
import { launch } from './launch/index.ts';
import { memory } from './memory/index.ts';
import { network } from './network/index.ts';
import { nginx } from './nginx/index.ts';
import { sysbench } from './sysbench/index.ts';

export const SUITES: readonly Suite[] = [launch, exec, clone, memory, sysbench, nginx, boot, network];

export const suiteNames = (): string[] => SUITES.map(({ name }) => name);

/** @throws {UsageError} for a result of another version's suite */
export function suiteNamed(name: string): Suite {
  const suite = SUITES.find((each) => each.name === name);
  if (!suite) throw new UsageError(`there is no suite '${name}'; there are ${suiteNames().join(', ')}`);
  return suite;
}
