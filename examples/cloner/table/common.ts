/** What most of the commands take. */
import { flag, type Option, type Options, UsageError, values } from '../../shared/command-line.ts';
import { containerName, defaultPath } from '../places.ts';

/** `-n NAME`; a word in its place will do. */
export const NAME = {
  name: { value: 'NAME', short: 'n', help: 'name of the container', parse: containerName },
} as const;

/** The word, where `-n` is not given. */
export const NAME_WORD = ['[NAME]'] as const;

export const COMMON_OPTIONS = {
  lxcpath: {
    value: 'PATH',
    short: 'P',
    help: `directory of the containers, such as /var/lib/lxc (default ${defaultPath({})})`,
    complete: 'directory',
    parse: values.nonEmpty,
  },
  quiet: flag('print no notices and errors', 'q'),
  logfile: { value: 'FILE', short: 'o', help: 'notices and errors go there', complete: 'file', parse: values.nonEmpty },
  logpriority: {
    value: 'LEVEL',
    short: 'l',
    help: 'accepted, as LXC has it: everything is told',
    parse: values.nonEmpty,
  },
} as const satisfies Options;

/** -1: no limit. */
export function seconds(text: string): number {
  if (!/^(-1|\d{1,9}(\.\d+)?)$/.test(text))
    throw new UsageError(`'${text}' is not a number of seconds; -1 is for ever`);
  return Number(text);
}

export const timeout = (help: string): Option<number> & { value: string; short: string } => ({
  value: 'SEC',
  short: 't',
  help,
  parse: seconds,
});

export function define(text: string): string {
  if (!/^lxc\.[^=\s]+\s*=/.test(text))
    throw new UsageError(`'${text}' is not KEY=VALUE, with a key of lxc.container.conf(5)`);
  return text;
}

export const RCFILE = {
  rcfile: {
    value: 'FILE',
    short: 'f',
    help: 'read this configuration instead',
    complete: 'file',
    parse: values.nonEmpty,
  },
} as const satisfies Options;

export const DEFINE = {
  define: {
    value: 'KEY=VALUE',
    short: 's',
    help: 'on top of the configuration; may be given more than once',
    repeats: true,
    parse: define,
  },
} as const satisfies Options;

export const FAILED = [['1', 'it could not be done']] as const;
