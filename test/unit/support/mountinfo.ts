/** /proc/self/mountinfo and /proc/self/cgroup of the kinds of machine there are. */

const LINE = { v1: 'cgroup', v2: 'cgroup2' } as const;
let id = 30;

/** One line; `mountPoint` and `root` as the kernel writes them, escapes and all. */
export const mountLine = (mountPoint: string, type: string, superOptions = 'rw', root = '/'): string =>
  `${id++} 20 0:${id} ${root} ${mountPoint} rw,nosuid,nodev shared:${id} - ${type} ${type} ${superOptions}`;

const v1 = (controllers: string, root = '/') =>
  mountLine(`/sys/fs/cgroup/${controllers}`, LINE.v1, `rw,${controllers}`, root);
const v2 = (mountPoint = '/sys/fs/cgroup', root = '/') => mountLine(mountPoint, LINE.v2, 'rw,nsdelegate', root);
const ordinary = [mountLine('/', 'ext4'), mountLine('/proc', 'proc'), mountLine('/sys', 'sysfs')];

const lines = (...texts: string[]) => `${texts.join('\n')}\n`;

/** Lines whose parents are the mounts that they are on; of two at the same place the second is on the first. */
export function mountTable(...texts: string[]): string {
  const rows = texts.map((text) => text.split(' '));
  const isOn = (point: string, index: number) => (row: string[], other: number) =>
    row[4] === point ? other < index : row[4] === '/' || point.startsWith(`${row[4]}/`);
  const parents = rows.map(([, , , , point = ''], index) =>
    rows
      .filter(isOn(point, index))
      .reduce((one, row) => ((row[4] ?? '').length < (one[4] ?? '').length ? one : row), ['1']),
  );
  return lines(...rows.map(([id, , ...rest], index) => [id, parents[index]?.[0], ...rest].join(' ')));
}

/** Everything on the unified hierarchy; this program in a systemd scope. */
export const UNIFIED = {
  mountInfo: mountTable(...ordinary, v2()),
  selfCgroup: '0::/user.slice/session-1.scope\n',
  controllers: () => ['cpuset', 'cpu', 'io', 'memory', 'pids'],
};

/** systemd's hybrid: controllers on v1, some of them together, an empty v2 tree. */
export const HYBRID = {
  mountInfo: mountTable(
    ...ordinary,
    mountLine('/sys/fs/cgroup', 'tmpfs'),
    v2('/sys/fs/cgroup/unified'),
    mountLine('/sys/fs/cgroup/systemd', 'cgroup', 'rw,xattr,name=systemd'),
    mountLine('/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'rw,cpu,cpuacct'),
    v1('cpuset'),
    v1('memory'),
    v1('pids'),
    v1('freezer'),
  ),
  selfCgroup: lines(
    '12:memory:/app/one',
    '11:cpuset:/',
    '10:cpu,cpuacct:/app',
    '9:pids:/app/one',
    '8:freezer:/',
    '1:name=systemd:/app.service',
    '0::/app.service',
  ),
  controllers: () => [],
};

/** No unified hierarchy at all. */
export const V1 = {
  mountInfo: mountTable(...ordinary, v1('memory'), v1('pids'), v1('freezer'), v1('cpuset'), v1('cpu')),
  selfCgroup: lines('5:memory:/a', '4:pids:/a', '3:freezer:/a', '2:cpuset:/', '1:cpu:/'),
  controllers: () => [],
};

/** In a container without a cgroup namespace: the mounts show the hierarchies from its own cgroup on. */
export const NESTED = {
  mountInfo: mountTable(...ordinary, v1('memory', '/docker/abc'), v1('pids', '/docker/abc')),
  selfCgroup: lines('2:memory:/docker/abc/inner', '1:pids:/docker/abc', '0::/'),
  controllers: () => [],
};

/** No cgroups. */
export const NONE = { mountInfo: mountTable(...ordinary), selfCgroup: '', controllers: () => [] };
