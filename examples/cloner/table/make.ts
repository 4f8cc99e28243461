/** Commands that make containers and unmake them. */
import { command, flag, UsageError, values } from '../../shared/command-line.ts';
import { containerName } from '../places.ts';
import { COMMON_OPTIONS, FAILED, NAME, NAME_WORD } from './common.ts';

const TEMPLATES = ['busybox', 'debian', 'alpine', 'dir'] as const;

function template(text: string): (typeof TEMPLATES)[number] {
  const found = TEMPLATES.find((name) => name === text);
  if (!found) throw new UsageError(`there is no template '${text}'; there are ${TEMPLATES.join(', ')}`);
  return found;
}

const STORES = ['dir', 'overlay', 'overlayfs'] as const;

function store(text: string): 'dir' | 'overlay' {
  if (!(STORES as readonly string[]).includes(text))
    throw new UsageError(`there is no backing store '${text}'; there are dir and overlay`);
  return text === 'dir' ? 'dir' : 'overlay';
}

/** LXC takes the best that there is, which here is the one that there is. */
function createdStore(text: string): 'dir' {
  if (text !== 'dir' && text !== 'best')
    throw new UsageError(
      `a container cannot be made on '${text}': there is dir; mount what you want it on, and give -t dir -- DIR`,
    );
  return 'dir';
}

export const CREATE = command({
  name: 'create',
  summary: 'make a container from a template',
  description: [
    'Make a directory with a root file system and a configuration in the format of LXC, which may be edited and is read at ' +
      'every start.',
    'Templates, with what they take after --: busybox (--with PROGRAM,...); debian (-r RELEASE, --packages NAME,...: built with ' +
      'mmdebstrap the first time, copied from then on); alpine (-r RELEASE, -m MIRROR); dir (DIR [--copy]: a root file system ' +
      'that is there).',
  ],
  options: {
    ...NAME,
    template: {
      value: 'TEMPLATE',
      short: 't',
      help: 'busybox, debian, alpine or dir',
      complete: TEMPLATES,
      parse: template,
    },
    config: {
      value: 'FILE',
      short: 'f',
      help: 'begin the configuration with this file',
      complete: 'file',
      parse: values.nonEmpty,
    },
    bdev: { value: 'STORE', short: 'B', help: 'dir, or best, which is the same', parse: createdStore },
    ...COMMON_OPTIONS,
  },
  words: NAME_WORD,
  runs: '[-- TEMPLATE-OPTIONS...]',
  statuses: FAILED,
  examples: [
    ['npm run cloner -- create -n base -t busybox', 'a small one'],
    ['npm run cloner -- create -n web -t debian -- --packages nginx-light', 'with a package'],
    ['npm run cloner -- create -n mine -t dir -- /srv/rootfs', 'of files that are there'],
  ],
});

export const COPY = command({
  name: 'copy',
  summary: 'copy a container, or start ephemeral copies of it',
  description: [
    'Make copies, whose names are printed, one a line. Without -e a copy stays and is not started; with -e it is started, and ' +
      'vanishes with all its files when it stops.',
    'An overlay copy has only what is different from its source, which is why that must be stopped. Without -B copies with -e ' +
      'and with -s are overlays, others have all files of their own.',
  ],
  options: {
    ...NAME,
    newname: { value: 'NAME', short: 'N', help: 'name of the copy; with -e random by default', parse: containerName },
    newpath: {
      value: 'PATH',
      short: 'p',
      help: 'directory of the copy (default: that of its source)',
      complete: 'directory',
      parse: values.nonEmpty,
    },
    ephemeral: flag('start it, and let it vanish when it stops', 'e'),
    snapshot: flag('an overlay of the source instead of a copy of its files', 's'),
    backingstorage: { value: 'TYPE', short: 'B', help: 'overlay or dir', complete: ['overlay', 'dir'], parse: store },
    tmpfs: flag('with -e: changes go to memory; a reboot loses them', 't'),
    count: { value: 'N', help: 'so many copies: NAME-1 to NAME-N', parse: values.count },
    keepdata: flag('with -e: a copy that is started, and stays', 'D'),
    keepname: flag("keep the source's host name", 'K'),
    keepmac: flag("keep the source's hardware addresses", 'M'),
    rename: flag('give the container another name instead', 'R'),
    allowrunning: flag('copy a container that runs, whatever state its files are in', 'a'),
    mount: {
      value: 'TYPE=/SRC:/DST',
      short: 'm',
      help: 'with -e: bind=/SRC[:/DST[:ro]], or several with commas between',
      repeats: true,
      parse: values.nonEmpty,
    },
    ...COMMON_OPTIONS,
  },
  words: NAME_WORD,
  runs: '[-- HOOK-ARGUMENT...]',
  statuses: FAILED,
  examples: [
    ['npm run cloner -- copy -n base -e -B overlay', 'an ephemeral copy, which runs when its name is printed'],
    ['npm run cloner -- copy -n base -N web -e --count 3', 'web-1, web-2 and web-3'],
    ['npm run cloner -- copy -n base -N other', 'one with files of its own'],
  ],
});

export const SNAPSHOT = command({
  name: 'snapshot',
  summary: 'keep the state of a container, and go back to it',
  description: ['Make a snapshot of a stopped container, snap0, snap1 and so on; list, restore or destroy snapshots.'],
  options: {
    ...NAME,
    list: flag('list the snapshots', 'L'),
    restore: { value: 'SNAPSHOT', short: 'r', help: 'restore this one, such as snap0', parse: containerName },
    newname: { value: 'NAME', short: 'N', help: 'with -r: restore it as another container', parse: containerName },
    destroy: { value: 'SNAPSHOT', short: 'd', help: 'destroy this one, or ALL', parse: containerName },
    comment: {
      value: 'FILE',
      short: 'c',
      help: 'a file with a comment to keep',
      complete: 'file',
      parse: values.nonEmpty,
    },
    showcomments: flag('with -L: show the comments', 'C'),
    ...COMMON_OPTIONS,
  },
  words: NAME_WORD,
  statuses: FAILED,
  examples: [
    ['npm run cloner -- snapshot -n base', 'keep its present state as snap0'],
    ['npm run cloner -- snapshot -n base --restore snap0', 'have it back'],
  ],
});

export const DESTROY = command({
  name: 'destroy',
  summary: 'remove a container with all its files',
  description: ['Remove a container that is stopped. One that others are overlay copies of stays.'],
  options: {
    ...NAME,
    force: flag('stop it before', 'f'),
    snapshots: flag('its snapshots, too', 's'),
    ...COMMON_OPTIONS,
  },
  words: NAME_WORD,
  statuses: FAILED,
  examples: [['npm run cloner -- destroy -n base', 'gone']],
});
