/** The command line: every suite is a subcommand with the same options, and `compare` is one more. */
import { type Command, command, flag, values } from '../shared/command-line.ts';
import { duration } from './report/text.ts';
import type { Suite } from './suite.ts';

const OPTIONS = {
  runs: {
    value: 'N',
    help: "rounds of everything that is compared (default: the suite's own number)",
    parse: values.count,
  },
  quick: flag('less of everything: at most two minutes'),
  install: flag('first install, with apt, what the suite needs and compares with; no package starts a service'),
  out: {
    value: 'DIR',
    help: 'where the files go (default results/SUITE-DATE)',
    complete: 'directory',
    parse: values.nonEmpty,
  },
  json: flag('print the whole result as JSON instead of the summary'),
} as const;

const STATUSES = [
  ['125', 'the machine lacks something, or something failed that was to be measured'],
  ['130', 'interrupted; nothing is left behind, and nothing was written'],
] as const;

const ENVIRONMENT = [
  ['COFFERDAM_CACHE', 'directory for root file systems, disk images and files to measure with, instead of ./rootfs'],
] as const;

export const suiteCommand = (suite: Suite) =>
  command({
    name: suite.name,
    summary: suite.about,
    description: [
      `${suite.title}: ${suite.about}.`,
      `Needs root${suite.programs.length > 0 ? `, and ${suite.programs.join(', ')}` : ''}.${
        suite.peers.length > 0 ? ` Compared with, where they are installed: ${suite.peers.join(', ')}.` : ''
      }`,
      `Takes about ${duration(suite.seconds({ quick: false, runs: undefined }))}, with --quick ${duration(
        suite.seconds({ quick: true, runs: undefined }),
      )}${suite.once ? `; the first time also ${suite.once}` : ''}.`,
      'DIR gets SUITE.json (every sample, with the machine and all versions), report.md, and report.html with plots.',
    ],
    options: OPTIONS,
    statuses: STATUSES,
    environment: ENVIRONMENT,
    examples: [[`npm run bench -- ${suite.name} --quick`, 'the picture in two minutes']],
  });

export const COMPARE = command({
  name: 'compare',
  summary: 'what changed from one result to another, beyond noise',
  description: [
    'Compare two results of the same suite, taken on the same machine with the same options: what got slower or quicker by more than noise explains. Anything else is refused, because its difference means nothing.',
  ],
  options: { json: flag('print the changes as JSON') },
  words: ['A.json', 'B.json'],
  statuses: [['125', 'they cannot be compared']],
  examples: [['npm run bench -- compare results/launch-A/launch.json results/launch-B/launch.json', 'B against A']],
});

export const benchCommand = (suites: readonly Suite[]): Command => ({
  name: 'bench',
  summary: 'native, container and virtual machine side by side, and Cofferdam against its peers',
  description: [
    'Measure a suite, or compare two results. What is compared takes turns in random order; every sample is kept; the report says what the figures are worth.',
  ],
  options: {},
  subcommands: [...suites.map((suite) => suiteCommand(suite) as unknown as Command), COMPARE as unknown as Command],
  environment: ENVIRONMENT,
  examples: [['npm run bench -- launch --quick', 'how quick containers start']],
});
