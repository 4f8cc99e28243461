// The rings of tests, from the innermost outward. Each test file is a program of its own that writes TAP.
import { readdirSync } from 'node:fs';
import { tree } from '../setup/tree.js';

/**
 * directory, of files that end in `suffix`; root: needs it; jobs: files at a time (the leak audit of an integration test
 * compares the whole machine, so nothing may run beside it); timeout: seconds for one file.
 * guest: the files run in a virtual machine with nothing but cgroup v2, within `deadline` seconds in all; `also` are files of
 * other rings that run there after its own: those about cgroups. All of `integration` would take an emulated machine an
 * hour; `npm run test:guest -- FILE` runs any of it.
 */
export const rings = {
  unit: { directory: 'test/unit', suffix: '.test.ts', root: false, jobs: 2, timeout: 240 },
  integration: { directory: 'test/integration', suffix: '.test.ts', root: true, jobs: 1, timeout: 300 },
  // As a user who is not root: when root runs them, they are given to one (plain-user.js).
  rootless: { directory: 'test/rootless', suffix: '.test.ts', root: false, plainUser: true, jobs: 1, timeout: 120 },
  // The example programs as a person runs them; slower, and not under sanitizers, which their programs inherit.
  examples: { directory: 'test/examples', suffix: '.test.ts', root: true, jobs: 1, timeout: 600 },
  guest: {
    directory: 'test/guest',
    suffix: '.test.ts',
    root: true,
    guest: true,
    also: ['resources', 'devices', 'tree', 'statistics', 'systemd'].map((name) => `test/integration/${name}.test.ts`),
    timeout: 300,
    deadline: 570,
  },
  native: { directory: 'build/asan/tests', suffix: '_test', root: false, jobs: 1, timeout: 120 },
  package: { directory: 'test/package', suffix: '.test.ts', root: false, jobs: 1, timeout: 900 },
};

/** What `npm test` runs: all that needs no more than a compiler. */
export const DEFAULT_RINGS = ['unit', 'integration', 'rootless', 'examples'];

/** The test files of a ring, relative to the top of the tree, in order. */
export function filesOf({ directory, suffix, also = [] }) {
  let entries;
  try {
    entries = readdirSync(`${tree}/${directory}`, { recursive: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return [
    ...entries
      .filter((name) => name.endsWith(suffix))
      .sort()
      .map((name) => `${directory}/${name}`),
    ...also,
  ];
}
