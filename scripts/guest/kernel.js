// The guest's kernel: Debian's cloud kernel, fetched and unpacked below build/, never installed. A package that is there
// stays: remove build/guest to have a newer one.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { apt, updateLists } from '../setup/packages.js';
import { say } from '../setup/say.js';
import { inTree } from '../setup/tree.js';
import { Unavailable } from './unavailable.js';

const CACHE = inTree('build/guest/kernel');
/** Depends on the newest one; the image itself is in a package that is named after its version. */
const META_PACKAGE = 'linux-image-cloud-amd64';

/** @typedef {{ image: string, modules: string, release: string }} Kernel paths of the image and of its lib/modules directory */

/** @returns {Kernel} @throws {Unavailable} */
export function guestKernel() {
  let kernel = find(CACHE);
  if (!kernel) {
    fetch();
    kernel = find(CACHE);
  }
  if (!kernel) throw new Unavailable(`the kernel package has no kernel where it used to be; see ${CACHE}`);
  return kernel;
}

const list = (path) => {
  try {
    return readdirSync(path);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
};

/** What an unpacked package holds. Debian 13 has the modules below usr/. @returns {Kernel | undefined} */
function find(directory) {
  const image = list(`${directory}/boot`).find((name) => name.startsWith('vmlinuz-'));
  if (!image) return undefined;
  const release = image.slice('vmlinuz-'.length);
  const modules = ['lib/modules', 'usr/lib/modules'].find((path) => list(`${directory}/${path}`).includes(release));
  return modules && { image: `${directory}/boot/${image}`, modules: `${directory}/${modules}/${release}`, release };
}

function run(what, file, args, cwd) {
  const { error, status, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8' });
  const why = error?.message ?? (status === 0 ? undefined : stderr.trim() || `exit status ${status}`);
  if (why !== undefined) throw new Unavailable(`${what}: ${why}`);
}

/** 'linux-image-6.1.0-56-cloud-amd64', as apt's lists have it now. */
function imagePackage() {
  const show = () => apt(['depends', META_PACKAGE], {}, 'apt-cache').stdout ?? '';
  const name = (text) => /Depends: (linux-image-\d\S+)/.exec(text)?.[1];
  const known = name(show());
  if (known) return known;
  updateLists();
  const found = name(show());
  if (!found) throw new Unavailable(`apt knows no ${META_PACKAGE}, the kernel that the guest boots`);
  return found;
}

function fetch() {
  const name = imagePackage();
  say(`fetching the guest's kernel ${name} (about 30 MB, unpacked below build/guest, not installed)`);
  const unpacking = `${CACHE}.new`;
  rmSync(unpacking, { recursive: true, force: true });
  mkdirSync(unpacking, { recursive: true });
  // apt's own user cannot write below our tree, and says so unless told.
  const download = () => apt(['-o', 'APT::Sandbox::User=root', 'download', name], { cwd: unpacking });
  let result = download();
  if (result.status !== 0) {
    // Lists older than the archive name a version that is gone.
    updateLists();
    result = download();
  }
  if (result.status !== 0) throw new Unavailable(`apt-get download ${name}: ${lastLine(result.stderr)}`);
  const [archive] = readdirSync(unpacking).filter((file) => file.endsWith('.deb'));
  if (!archive) throw new Unavailable(`apt-get download ${name} left no package`);
  run('dpkg-deb -x', 'dpkg-deb', ['-x', archive, '.'], unpacking);
  rmSync(`${unpacking}/${archive}`);
  const unpacked = find(unpacking);
  if (!unpacked) throw new Unavailable(`${name} has no kernel and modules that can be found`);
  decompress(unpacked.modules);
  indexModules(unpacking, unpacked);
  renameSync(unpacking, CACHE);
}

const lastLine = (text) => text.trim().split('\n').at(-1) ?? '';

/** Debian 13 compresses each module, which busybox's insmod may not understand. */
function decompress(modules) {
  const compressed = readdirSync(modules, { recursive: true }).filter((name) => name.endsWith('.ko.xz'));
  if (compressed.length > 0) run('xz', 'xz', ['--decompress', ...compressed], modules);
}

/** modules.dep is made at installation, by depmod; busybox has one that looks below a directory. */
function indexModules(directory, { modules, release }) {
  const base = modules.slice(0, -`/lib/modules/${release}`.length);
  run('depmod', 'busybox', ['depmod', '-b', base, release], directory);
  if (readFileSync(`${modules}/modules.dep`, 'utf8') === '') throw new Unavailable('busybox depmod found no modules');
}
