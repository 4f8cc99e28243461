/** sysbench in pictures: times and latencies, and the host meanwhile. */
import type { Plot } from '../../report/plots/plot.ts';
import { spread } from '../../report/plots/spread.ts';
import { timelinePlot } from '../../report/plots/timelines.ts';
import { isAgain, type Result } from '../../result.ts';
import { timeCondition } from './comparisons.ts';

export function sysbenchPlots({ series, timelines }: Result): Plot[] {
  const times = series.filter(({ condition }) => condition === timeCondition);
  const latencies = series.filter(({ condition, section }) => condition === 'latency, 95 %' && section === 'fileio');
  const throughput = series.filter(({ unit }) => unit === 'MiB/s');
  const first = timelines.filter(
    ({ during, seconds }) => during.endsWith('round 1') && !during.includes(' again') && seconds.length > 1,
  );
  return [
    ...(times.length > 0
      ? [
          spread({
            title: 'Time for the same number of events',
            about: 'Total times of all runs.',
            series: times,
            group: ({ section }) => section,
          }),
        ]
      : []),
    ...(latencies.length > 0
      ? [
          spread({
            title: 'fileio: latency, 95th percentile',
            about: 'Of single requests, as sysbench counts them.',
            series: latencies,
            group: () => '',
          }),
        ]
      : []),
    ...(throughput.length > 0
      ? [
          spread({
            title: 'fileio: throughput',
            about: 'As sysbench counts it.',
            series: throughput.filter((each) => !isAgain(each)),
          }),
        ]
      : []),
    ...first.map((timeline) => timelinePlot(`The host during ${timeline.during}`, timeline)),
  ];
}
