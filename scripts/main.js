import { alone } from './setup/alone.js';
import { ensureDependencies } from './setup/dependencies.js';
import { handOver } from './setup/handover.js';
import { ensureNative } from './setup/native.js';
import { ensurePackages } from './setup/packages.js';
import { requireRoot } from './setup/privileges.js';
import { Stop, say } from './setup/say.js';
import { ensureTypescript } from './setup/typescript.js';
import { tasks } from './tasks.js';

/** What a task may need, in the order in which it is made. */
const needs = { dependencies: ensureDependencies, native: ensureNative, typescript: ensureTypescript };

/** Make what a task needs, then become its program. @param {string} name @param {string[]} args */
export default async function main(name, args) {
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  try {
    if (!task) throw new Stop(`no such script: ${name}; there are ${Object.keys(tasks).join(', ')}`, 2);
    if (task.packages) ensurePackages(typeof task.packages === 'function' ? task.packages(args) : task.packages);
    alone(() => {
      for (const [need, ensure] of Object.entries(needs)) if (task.needs.includes(need)) ensure();
    });
    if (task.root) requireRoot(name, args);
    await task.act?.(args);
    if (task.program) await handOver(process.execPath, task.program(args), { cwd: callersDirectory(), env: task.env });
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    process.exitCode = error.status;
  }
}

/** npm runs scripts at the package's top; relative paths in arguments are meant from where the caller was. */
const callersDirectory = () => (process.env.npm_lifecycle_event && process.env.INIT_CWD) || process.cwd();
