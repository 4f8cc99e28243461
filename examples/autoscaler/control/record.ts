/** The controller as other programs find it: its pid, and whether that is still the same process. */
import { readFileSync } from 'node:fs';
import { paths } from '../settings.ts';

export interface ControllerRecord {
  pid: number;
  /** When the process began, in clock ticks after boot: a pid alone may be somebody else's by now. */
  start: string;
  ready: boolean;
  /** Why it could not start. */
  error?: string;
}

/** Field 22 of /proc/PID/stat, proc(5); undefined when there is no such process. */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended.
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** What the last controller wrote, and whether it lives. Undefined when there was none. */
export function readController(name: string): (ControllerRecord & { alive: boolean }) | undefined {
  try {
    const record: ControllerRecord = JSON.parse(readFileSync(paths(name).controller, 'utf8'));
    return { ...record, alive: startOf(record.pid) === record.start };
  } catch {
    return undefined;
  }
}
