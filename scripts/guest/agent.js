// The part of the test runner that is inside the guest: runs test files one after the other, and tells of each by a line of
// JSON on the port to the host. Its argument is the job, as JSON.
import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { release } from 'node:os';
import { runFile } from '../tests/file.js';

const job = JSON.parse(process.argv[2]);

/** Without udev there are no names in /dev/virtio-ports; sysfs has them. */
function port(name) {
  const ports = '/sys/class/virtio-ports';
  const device = readdirSync(ports).find((entry) => readFileSync(`${ports}/${entry}/name`, 'utf8').trim() === name);
  if (!device) throw new Error(`the guest has no port ${name}`);
  return openSync(`/dev/${device}`, 'w');
}

const results = port(job.port);
function tell(message) {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(results, bytes, at);
}

const hierarchies = readFileSync('/proc/self/mountinfo', 'utf8')
  .split('\n')
  .flatMap((line) => / - (cgroup2?) /.exec(line)?.[1] ?? []);
const controllers = readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').trim();
tell({ kind: 'up', kernel: release(), hierarchies, controllers });

for (const file of job.files) {
  tell({ kind: 'began', file });
  tell({ kind: 'ended', outcome: await runFile(file, { timeout: job.timeout }) });
}
tell({ kind: 'done' });
