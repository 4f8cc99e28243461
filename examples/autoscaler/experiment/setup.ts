/** How an experiment was made, as files beside its result: containers, root file system, load. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOP } from '../../shared/package.ts';
import { balancerOptions, storeOptions } from '../fleet/fleet.ts';
import { MIX } from '../load/requests.ts';
import type { ExperimentResult } from './result.ts';

interface Load {
  duration: number;
  low: number;
  high: number;
}

export function describeSetup(result: ExperimentResult, load: Load): Record<string, string> {
  const [run] = result.runs;
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const files: Record<string, string> = {
    'load.json': json({
      experiment: result.experiment,
      ...load,
      seed: result.seed,
      deadline: result.deadline,
      spacing: 'poisson',
      mix: MIX,
      faults: run?.faults,
    }),
    'rootfs.sh': `#!/bin/bash\n# The root file systems of the replicas and of the balancer.\nset -euo pipefail\nrootfs-scripts/busybox.sh rootfs/node --with "$(node -p process.execPath)"\nrootfs-scripts/busybox.sh rootfs/haproxy --with haproxy\n\n# busybox.sh:\n${readFileSync(join(TOP, 'rootfs-scripts/busybox.sh'), 'utf8').replace(/^/gm, '# ').replace(/ +$/gm, '')}\n`,
  };
  if (run)
    files['containers.json'] = json({
      replica: storeOptions(run.settings, 'rootfs/node'),
      balancer: balancerOptions(run.settings, 'rootfs/haproxy'),
    });
  return files;
}
