/** /proc/PID/mountinfo, see proc(5). */

export interface MountInfo {
  id: number;
  /** Id of the mount that it is on. */
  parent: number;
  /** What of the file system is shown: its directory at the mount point. */
  root: string;
  mountPoint: string;
  type: string;
  superOptions: readonly string[];
}

/** Space, tab, newline and backslash are written as octal escapes. */
const plain = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The optional fields before the dash vary in number. */
function mount(line: string): MountInfo {
  const [before = '', after = ''] = line.split(' - ');
  const [id, parent, , root = '/', mountPoint = ''] = before.split(' ');
  const [type = '', , superOptions = ''] = after.split(' ');
  return {
    id: Number(id),
    parent: Number(parent),
    root: plain(root),
    mountPoint: plain(mountPoint),
    type,
    superOptions: superOptions.split(','),
  };
}

/** '/a/b/c': '/', '/a', '/a/b'. */
function directoriesAbove(path: string): string[] {
  if (path === '/') return [];
  const found = ['/'];
  for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) found.push(path.slice(0, end));
  return found;
}

/**
 * The mounts that their mount points lead to, in the file's order. Others are listed as well: those that something was
 * mounted over, on the same directory or on one above, as a new sysfs on /sys hides the cgroups below the old one.
 */
export function parseMountInfo(text: string): MountInfo[] {
  const mounts = text.split('\n').filter(Boolean).map(mount);
  const byId = new Map(mounts.map((each) => [each.id, each]));
  // The root of all, where it is listed, is its own parent.
  const mounted = mounts.filter(({ id, parent }) => id !== parent);
  const taken = new Set(mounted.map(({ parent, mountPoint }) => `${parent} ${mountPoint}`));
  const isTaken = (id: number, point: string) => taken.has(`${id} ${point}`);
  const known = new Map<MountInfo, boolean>();
  /** Whether the way to its mount point leads over its parent: nothing is mounted beside it on the way, or before. */
  const isOnTheWay = (each: MountInfo): boolean => {
    const before = known.get(each);
    if (before !== undefined) return before;
    const parent = byId.get(each.parent);
    const found =
      !directoriesAbove(each.mountPoint).some((above) => isTaken(each.parent, above)) &&
      (parent === undefined || parent === each || isOnTheWay(parent));
    known.set(each, found);
    return found;
  };
  return mounts.filter((each) => isOnTheWay(each) && !isTaken(each.id, each.mountPoint));
}
