// An archive in the format that the kernel unpacks as its first root: cpio "newc", see the kernel's
// Documentation/driver-api/early-userspace/buffer-format.rst.

const REGULAR = 0o100000;
const DIRECTORY = 0o040000;

/** Names and contents are each padded to four bytes, counted from the header's start. */
const padding = (size) => Buffer.alloc((4 - (size % 4)) % 4);
const field = (value) => value.toString(16).padStart(8, '0');

function entry(inode, name, mode, data) {
  const path = Buffer.from(`${name}\0`);
  // magic, inode, mode, uid, gid, links, mtime, size, device ×2, rdev ×2, size of the name, no checksum
  const numbers = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, path.length, 0];
  const header = Buffer.from(`070701${numbers.map(field).join('')}`);
  return [header, path, padding(header.length + path.length), data, padding(data.length)];
}

/**
 * @param {readonly { path: string, mode?: number, data?: string | Uint8Array }[]} files without data: a directory. Parents come first.
 * @returns {Buffer}
 */
export function cpio(files) {
  const parts = files.flatMap(({ path, mode = 0o755, data }, index) =>
    entry(index + 1, path, (data === undefined ? DIRECTORY : REGULAR) | mode, Buffer.from(data ?? '')),
  );
  return Buffer.concat([...parts, ...entry(0, 'TRAILER!!!', 0, Buffer.alloc(0))]);
}
