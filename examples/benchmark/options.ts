/** The command line. */
import { command, flag, UsageError, values } from '../shared/command-line.ts';
import { SECTION_NAMES, SECTIONS } from './suites/launch/index.ts';

/** 'exec,apart' */
function sections(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !SECTION_NAMES.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no '${unknown}'; there are ${SECTION_NAMES.join(', ')}`);
  return names;
}

export const LAUNCH = command({
  name: 'bench:launch',
  summary: 'how quick containers start, against crun, runc and a C program',
  description: [
    'Start containers and further processes in them, and compare Cofferdam with crun and runc, started from Node as a user would, and with the floor: a C program that does the same system calls. What is compared takes turns in random order. Needs root and a C compiler; crun and runc where they are installed.',
    `Parts: ${SECTIONS.map(({ name, about }) => `${name} (${about})`).join('; ')}.`,
    'The ratios are printed; every sample, with the machine and all versions, goes to launch.json, and a report to report.md.',
  ],
  options: {
    runs: {
      value: 'N',
      help: 'rounds of everything that is compared (default 20; with --quick 4)',
      parse: values.count,
    },
    quick: flag('less of everything: under two minutes'),
    only: { value: 'PART,...', help: 'these parts only', complete: SECTION_NAMES, parse: sections },
    out: {
      value: 'DIR',
      help: 'where the files go (default results/launch-DATE)',
      complete: 'directory',
      parse: values.nonEmpty,
    },
    json: flag('print the whole result as JSON instead of the ratios'),
  },
  statuses: [
    ['125', 'something failed that was to be measured'],
    ['130', 'interrupted; nothing is left behind, and nothing was written'],
  ],
  environment: [['COFFERDAM_CACHE', 'directory of the root file system, instead of ./rootfs']],
  examples: [
    ['npm run bench:launch -- --quick', 'the whole picture in under two minutes'],
    ['npm run bench:launch -- --only exec,breakdown', 'two parts of it'],
  ],
});
