/** What `iostat -o JSON -x` of sysstat 12 writes. */

/** Of the time between two reports. */
export interface IostatSample {
  /** Per cent of all CPUs. */
  user: number;
  system: number;
  iowait: number;
  /** Of the disk that was asked for; MiB a second. */
  read: number;
  written: number;
  /** Per cent of the time in which the disk had something to do. */
  utilisation: number;
}

interface Report {
  'avg-cpu': { user: number; nice: number; system: number; iowait: number };
  disk?: { disk_device: string; 'rkB/s': number; 'wkB/s': number; util: number }[];
}

/** iostat that gets SIGINT closes all brackets; of one that was killed, the reports that are whole. */
function read(text: string): { sysstat: { hosts: { statistics: Report[] }[] } } {
  try {
    return JSON.parse(text);
  } catch {
    const end = '\n\t\t\t\t}';
    return JSON.parse(`${text.slice(0, text.lastIndexOf(end) + end.length)}]}]}}`);
  }
}

/** @throws {SyntaxError} when it is no JSON */
export function parseIostat(text: string, disk: string): IostatSample[] {
  return read(text).sysstat.hosts.flatMap(({ statistics }) =>
    statistics.map(({ 'avg-cpu': cpu, disk: disks = [] }) => {
      const found = disks.find(({ disk_device }) => disk_device === disk);
      return {
        // A niced process is a user's all the same.
        user: cpu.user + cpu.nice,
        system: cpu.system,
        iowait: cpu.iowait,
        read: (found?.['rkB/s'] ?? 0) / 1024,
        written: (found?.['wkB/s'] ?? 0) / 1024,
        utilisation: found?.util ?? 0,
      };
    }),
  );
}
