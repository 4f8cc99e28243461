/** Which process of the host listens on a port, by proc(5). */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Sockets that listen on a port, by their inodes. */
function listening(protocol: string, port: number): string[] {
  const ends = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const LISTEN = protocol === 'tcp' ? '0A' : '07';
  return [`/proc/net/${protocol}`, `/proc/net/${protocol}6`].flatMap((path) => {
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n').slice(1);
    return lines
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => local?.endsWith(ends) && state === LISTEN)
      .map((fields) => fields[9] as string);
  });
}

/** What a process's descriptors are; what has ended, or is not ours to look at, has none. */
function targets(pid: string): string[] {
  const attempt = <Value>(read: () => Value, otherwise: Value): Value => {
    try {
      return read();
    } catch {
      return otherwise;
    }
  };
  const directory = `/proc/${pid}/fd`;
  return attempt(() => readdirSync(directory), []).map((fd) => attempt(() => readlinkSync(`${directory}/${fd}`), ''));
}

/** The process that listens on a port, for people: 'nginx (pid 42)'. Undefined when it is not to be seen from here. */
export function listener(protocol: string, port: number): string | undefined {
  const wanted = new Set(listening(protocol, port).map((inode) => `socket:[${inode}]`));
  if (wanted.size === 0) return undefined;
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && targets(name).some((each) => wanted.has(each)));
  return pid === undefined ? undefined : `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
}
