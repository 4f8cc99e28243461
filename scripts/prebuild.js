// Builds what the package carries: `npm run prebuild`, or `npm run prebuild -- linux-x64-glibc`.
import { build } from './prebuild/build.js';
import { TARGETS } from './prebuild/targets.js';
import { Stop, say } from './setup/say.js';

const asked = process.argv.slice(2);
try {
  for (const name of asked)
    if (!TARGETS.some((target) => target.name === name))
      throw new Stop(`no such target: ${name}; there are ${TARGETS.map((target) => target.name).join(', ')}`, 2);
  for (const target of TARGETS) {
    if (asked.length > 0 && !asked.includes(target.name)) continue;
    say(`building ${target.name}`);
    build(target);
  }
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  say(error.message);
  process.exitCode = error.status;
}
