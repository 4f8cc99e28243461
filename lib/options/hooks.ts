/** Programs of the host that are run while a container is set up. */
import { absolutePath, bare, type Check, fields, integer, invalidValue, list, map, string } from './check.ts';
import type { NormalizedHook, NormalizedHooks } from './normalized.ts';

/** setitimer(2) and its like count no further: 24 days. */
const LONGEST = 2 ** 31 - 1;

function variable(name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw invalidValue('hooks', 'has an environment variable that is no name', name);
}

const hookFields = fields({
  path: absolutePath,
  args: list(string),
  env: map(variable, string),
  timeout: integer({ least: 1, most: LONGEST, unit: 'milliseconds' }),
});

const hook: Check<NormalizedHook> = (value, option) => {
  const { path, args = [], env = {}, timeout = LONGEST } = hookFields(value, option);
  return bare({
    path: absolutePath(path, `${option}.path`),
    args,
    env: Object.entries(env).map(([name, text]) => `${name}=${text}`),
    timeout,
  });
};

const hookLists = fields({ preMount: list(hook), createContainer: list(hook) });

export const hooks: Check<NormalizedHooks> = (value, option) => {
  const { preMount = [], createContainer = [] } = hookLists(value, option);
  return bare({ preMount, createContainer });
};

export const NO_HOOKS: NormalizedHooks = bare({ preMount: Object.freeze([]), createContainer: Object.freeze([]) });
