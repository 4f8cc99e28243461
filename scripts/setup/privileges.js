import { Stop } from './say.js';

/** The command that runs an npm script as root with this user's Node: sudo resets PATH, so env puts it back. */
export const sudoCommand = (script, args = []) =>
  ['sudo env PATH="$PATH" npm', ...(script === 'start' || script === 'test' ? [script] : ['run', script])]
    .concat(args.length > 0 ? ['--', ...args] : [])
    .join(' ');

/** These print something and touch nothing, so they are for everybody. */
const HARMLESS = new Set(['--help', '-h', '--version', '--explain']);

/** @throws {Stop} with the command to type, when this user is not root and the script needs root. */
export function requireRoot(script, args) {
  if (process.geteuid?.() === 0 || args.some((argument) => HARMLESS.has(argument))) return;
  throw new Stop(`everything is built; containers need root, so now run: ${sudoCommand(script, args)}`, 125);
}
