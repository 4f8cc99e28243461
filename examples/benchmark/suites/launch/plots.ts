/** The launch suite in pictures. */

import { curves } from '../../report/plots/curves.ts';
import type { Plot } from '../../report/plots/plot.ts';
import { spread } from '../../report/plots/spread.ts';
import { type Stage, stagePlot } from '../../report/plots/stages.ts';
import { costsByOperation } from '../../report/tables.ts';
import type { Cost, Result, Series } from '../../result.ts';
import { launchAtPace } from './breakdown.ts';

/** Operations that get a colour of their own; all others are one. */
const SHOWN = 6;

function stagesOf(whole: string, costs: readonly Cost[]): Stage[] {
  const all = costsByOperation(costs);
  const rest = all.slice(SHOWN).reduce((sum, { median }) => sum + median, 0);
  return [
    ...all.slice(0, SHOWN).map(({ text, median }) => ({ whole, stage: STAGES[text] ?? text, value: median })),
    { whole, stage: 'everything else', value: rest },
  ];
}

/** Names of operations, for people. */
const STAGES: Readonly<Record<string, string>> = {
  command: 'exec, the command, its end',
  launch: 'request, clone3',
  compile: 'options to program',
  result: 'clean-up, result',
  mount: 'mounts',
  cgroupCreate: 'making cgroups',
  write: 'limits, joining cgroups',
  pivotRoot: 'pivot_root',
  moveMount: 'devices attached',
};

/** Plots of what a result has; a part that was not measured has none. */
export function launchPlots({ series, costs }: Result): Plot[] {
  const of = (section: string, which: (each: Series) => boolean = () => true) =>
    series.filter((each) => each.section === section && which(each));
  const plots: Plot[] = [];
  const add = (chosen: readonly Series[], plot: () => Plot) => {
    if (chosen.length > 0) plots.push(plot());
  };
  const apart = of('apart');
  add(apart, () =>
    spread({
      title: 'Start to result, launches 60 ms apart',
      about: 'What somebody waits for who starts a container now and then.',
      series: apart,
    }),
  );
  const loop = [...of('back to back'), ...of('from a shell')];
  add(loop, () =>
    spread({
      title: 'Start to result, one launch after the other',
      about: 'In a loop; below, peers are started by a shell instead of Node.',
      series: loop,
      group: ({ section }) => section,
    }),
  );
  const atOnce = of('at once');
  add(atOnce, () =>
    curves({
      title: 'Launches at once: time for each',
      about: 'A burst of launches, so many of them at a time, divided by their number.',
      series: atOnce,
      along: 'at once',
      at: ({ condition }) => condition.replace(' at once', ''),
    }),
  );
  const heap = of('heap', ({ condition }) => condition.endsWith('apart'));
  add(heap, () =>
    spread({
      title: 'Launches from Node processes of different sizes, 60 ms apart',
      about: 'fork(2) copies page tables; Cofferdam does not fork.',
      series: heap,
    }),
  );
  const alive = of('alive');
  add(alive, () =>
    spread({
      title: 'Launches beside other containers',
      about: 'How many containers live must not matter.',
      series: alive,
    }),
  );
  if (costs.length > 0)
    plots.push(
      stagePlot({
        title: 'Where the time of our own launch goes',
        about: 'Medians of the operations of many launches, from the traces that they leave.',
        axis: 'microseconds',
        stages: (['back to back', 'apart'] as const).flatMap((pace) =>
          stagesOf(
            pace,
            costs.filter((each) => each.of === launchAtPace(pace)),
          ),
        ),
      }),
    );
  return plots;
}
