/** The report of the whole: architecture, choices, and what the experiments say. */
import type { ExperimentResult } from '../experiment/result.ts';
import { EXPERIMENT_NAMES, SCENARIOS } from '../experiment/scenarios.ts';
import { POLICY_NAMES, policyOf } from '../policy/index.ts';
import { type Block, html, markdown } from './document.ts';
import { comparisonBlocks, conditions, plotFiles, runBlocks, SUMMARY_HEAD, summaryRow } from './experiment.ts';

const TITLE = 'An object store that scales with its load';

const ARCHITECTURE = `
            load generator (open loop, times set beforehand)
                    |
   127.0.0.1:8080   v
 +------------------+---------------+        unix socket: show stat, add server, set state, del server
 | HAProxy, in a container          | <---------------------------------------------+
 | queue, health checks, retries    |                                               |
 +---+----------+----------+--------+                                    +----------+-----------+
     |          |          |          bridge of its own                  | controller           |
 +---+---+  +---+---+  +---+---+   +-------+                             | 10 looks a second    |
 | r1    |  | r2    |  | r3    |   | r4    |  warm: started, waits       | sample -> policy     |
 | store |  | store |  | store |   | store |  <---- clone, drain, kill --+ -> start, join, drain|
 +---+---+  +---+---+  +---+---+   +---+---+                             | dashboard, /metrics  |
     +----------+----------+-----------+                                 +----------------------+
                |
        one directory of objects, mounted at /objects in each
`;

const CHOICES: readonly string[] = [
  'The store is Node alone, in one file: a replica answers as soon as Node is up. Each object is written to a file of its own and gets its name by rename(2) when it is whole.',
  'A token bucket limits each replica on purpose. The queue is at the balancer: a limiter that refuses turns overload into failures at once, and a new replica takes from a common queue in the moment in which it joins.',
  'HAProxy is told of servers over its runtime API, without a reload. One failed connection takes a server out (observe layer4, on-error mark-down), and a request that a dead server had is sent to another one (retry-on with redispatch), so that a SIGKILL costs no request.',
  'Replicas are ephemeral clones: an overlay on one root file system, whose changes vanish. Some are started ahead and wait; to serve they only have to be made known to the balancer.',
  'A replica leaves by draining: no new requests, then none in hand, then out of the balancer, then stopped or back to the pool.',
  'Policies are pure functions of samples with a state of their own, and count demand in replicas: arrivals by the rate of one replica, and the queue, which is to be gone within two seconds. Down goes only what the last seconds did not need.',
  'Containers outlive the controller: a new one finds them, asks the balancer which of them serve, and goes on.',
];

/** File name → text. */
export async function assignmentReport(
  results: readonly ExperimentResult[],
  author: string | undefined,
): Promise<Record<string, string>> {
  const ordered = [...results].sort(
    (a, b) => EXPERIMENT_NAMES.indexOf(a.experiment) - EXPERIMENT_NAMES.indexOf(b.experiment),
  );
  const blocks: Block[] = [
    { heading: TITLE, level: 1 },
    ...(author === undefined ? [] : [{ text: author }]),
    { heading: 'Architecture', level: 2 },
    { code: ARCHITECTURE.replace(/^\n/, '') },
    { heading: 'Choices', level: 2 },
    ...CHOICES.map((text) => ({ text })),
    { heading: 'Policies', level: 2 },
    { table: [['policy', 'what it does'], ...POLICY_NAMES.map((name) => [name, policyOf(name)?.summary ?? ''])] },
    { heading: 'Results', level: 2 },
    {
      text: 'Latency counts from the time at which a request was to be sent, the queue included. Failed is a connection error, a status of 400 or more, or no full answer by the deadline.',
    },
    {
      table: [
        SUMMARY_HEAD,
        ...ordered.flatMap(({ experiment, runs }) =>
          runs.map((run) => summaryRow(run, run.label ? `${experiment}: ${run.label}` : experiment)),
        ),
      ],
    },
  ];
  for (const result of ordered) {
    const { experiment, runs } = result;
    const summary = SCENARIOS.find(({ name }) => name === experiment)?.summary ?? '';
    blocks.push({ heading: `${experiment}: ${summary}`, level: 2 }, { text: conditions(result) });
    const [first] = runs;
    if (runs.length > 1) blocks.push(...(await comparisonBlocks(runs, `${experiment}-`)));
    else if (first) blocks.push(...(await runBlocks(first, experiment, 3, false)));
  }
  return { ...plotFiles(blocks), 'report.md': markdown(blocks), 'report.html': html(TITLE, blocks) };
}
