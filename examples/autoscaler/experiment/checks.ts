/** Whether a run is as it should be. */
import { turns } from '../simulate/simulator.ts';
import type { Check, RunResult } from './result.ts';

/** Milliseconds from the decision until a replica serves. */
const WARM = 100;
const COLD = 500;
/** Share of one CPU. */
const CPU = 0.05;
/** Looks a second that there must be at least, of ten. */
const TICKS = 9;
/** Seconds after the last fall of the load within which the replicas have gone. */
const SCALE_DOWN = 10;

type Facts = Omit<RunResult, 'checks'>;

const slowest = (values: readonly number[]): number => Math.max(...values);

function ready(run: Facts, warm: boolean, limit: number): Check[] {
  const times = run.readiness.filter((each) => each.warm === warm).map(({ serving }) => serving);
  if (times.length === 0) return [];
  const name = warm ? 'a warm replica serves after the decision' : 'a cold replica serves after the decision';
  const got = slowest(times);
  return [{ name, expected: `at most ${limit} ms`, got: `at most ${got} ms, of ${times.length}`, ok: got <= limit }];
}

/** Of the wanted number, between the beginning and the end of the load. */
function oscillation({ journal, began, changes, load }: Facts): Check {
  const end = began + ((load.seconds.at(-1)?.time ?? 0) + 1) * 1000;
  const wanted = journal
    .filter(({ kind, date, details }) => kind === 'scale' && details !== undefined && date >= began && date <= end)
    .flatMap(({ details }, i) => (i === 0 ? [Number(details?.from), Number(details?.to)] : [Number(details?.to)]));
  const got = turns(wanted);
  const most = Math.max(1, changes.length);
  return {
    name: 'the number of replicas turns',
    expected: `at most ${most} times for ${changes.length} changes of the load`,
    got: `${got} times in ${wanted.length} decisions`,
    ok: got <= most,
  };
}

/** Down to what it was before the load rose. */
function scaleDown(run: Facts): Check[] {
  const { changes, samples, began } = run;
  const [up, down] = [changes[0], changes.at(-1)];
  if (changes.length < 2 || up === undefined || down === undefined) return [];
  const before = samples.findLast(({ date }) => date <= began + up * 1000)?.replicas ?? run.settings.min;
  const gone = samples.find(({ date, replicas }) => date > began + down * 1000 && replicas <= before);
  const seconds = gone ? (gone.date - began) / 1000 - down : undefined;
  return [
    {
      name: `${before} replicas again after the load fell`,
      expected: `within ${SCALE_DOWN} s`,
      got: seconds === undefined ? 'not before the end' : `after ${seconds.toFixed(1)} s`,
      ok: seconds !== undefined && seconds <= SCALE_DOWN,
    },
  ];
}

export function checksOf(run: Facts, experiment: string): Check[] {
  const { load, controller, settings } = run;
  // A fixed number of replicas is what the others are compared with: it may be too small.
  const isFixed = settings.policy.startsWith('fixed-');
  const failures = Object.entries(load.failures).map(([kind, count]) => `${kind}: ${count}`);
  const checks: Check[] = [];
  if (!isFixed)
    checks.push({
      name: 'requests that failed',
      expected: '0',
      got: `${load.failed} of ${load.requests}${failures.length > 0 ? ` (${failures.join(', ')})` : ''}`,
      ok: load.failed === 0,
    });
  checks.push(...ready(run, true, WARM), ...ready(run, false, COLD));
  if (controller.ticks > 0) {
    checks.push({
      name: 'CPU time of the controller',
      expected: `at most ${CPU * 100} % of one CPU`,
      got: `${(controller.cpu * 100).toFixed(1)} %`,
      ok: controller.cpu <= CPU,
    });
    checks.push({
      name: 'looks of the controller',
      expected: `at least ${TICKS} a second`,
      got: `${controller.ticks.toFixed(1)} a second, at most ${Math.round(controller.longest)} ms apart`,
      ok: controller.ticks >= TICKS,
    });
  }
  if (!isFixed && experiment !== 'kill') checks.push(oscillation(run));
  if (!isFixed && experiment !== 'kill' && experiment !== 'sine') checks.push(...scaleDown(run));
  return checks;
}
