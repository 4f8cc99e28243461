/** /proc/PID/mountinfo, see proc(5). */

export interface MountInfo {
  /** What of the file system is shown: its directory at the mount point. */
  root: string;
  mountPoint: string;
  type: string;
  superOptions: readonly string[];
}

/** Space, tab, newline and backslash are written as octal escapes. */
const plain = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** One line a mount. The optional fields before the dash vary in number. */
export function parseMountInfo(text: string): MountInfo[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const fields = before.split(' ');
      const [type = '', , superOptions = ''] = after.split(' ');
      return {
        root: plain(fields[3] ?? '/'),
        mountPoint: plain(fields[4] ?? ''),
        type,
        superOptions: superOptions.split(','),
      };
    });
}
