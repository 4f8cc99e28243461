// Root often works in a tree that belongs to somebody else: `sudo env PATH="$PATH" npm start`. Files that root leaves in
// node_modules, build or dist would then break every later run of the tree's owner, so that the owner builds, if the
// owner has a home for npm's cache and can run this Node at all; otherwise root builds, and gives the files away afterwards.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { tree } from './tree.js';

/** Settings of npm that point into the home directory of the user who started it. */
const PERSONAL = ['npm_config_cache', 'npm_config_userconfig', 'npm_config_init_module', 'npm_config_globalconfig'];

function account(uid) {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.split(':')[2] === String(uid));
  if (!line) return undefined;
  const [name, , , gid, , home] = line.split(':');
  return { name, gid: Number(gid), home };
}

let answer;

/** Options for `spawn` that make a child work as the tree's owner. Empty when that is this user, or cannot be done. */
export function asOwner() {
  answer ??= find();
  return answer;
}

function find() {
  const { uid } = statSync(tree);
  if (process.geteuid?.() !== 0 || uid === 0) return {};
  const owner = account(uid);
  if (!owner) return {};
  const env = { ...process.env, HOME: owner.home, USER: owner.name, LOGNAME: owner.name };
  for (const name of PERSONAL) delete env[name];
  const identity = { uid, gid: owner.gid, env };
  const works = spawnSync(process.execPath, ['-e', 'fs.accessSync(process.env.HOME, fs.constants.W_OK)'], {
    ...identity,
    cwd: tree,
    stdio: 'ignore',
  });
  return works.status === 0 ? identity : {};
}

/** After root has written in somebody else's tree: the paths belong to the tree's owner. */
export function giveBack(...paths) {
  const { uid, gid } = statSync(tree);
  if (process.geteuid?.() !== 0 || uid === 0) return;
  spawnSync('chown', ['-Rh', `${uid}:${gid}`, '--', ...paths], { stdio: ['ignore', 2, 2] });
}
