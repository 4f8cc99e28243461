/** An object's id, and the name of its file: one directory holds all of them, and no id can name anything else. */

/** What a directory entry may have (NAME_MAX). */
const MOST = 255;

/** As they are: everything else is written as `%` and two digits, so that two ids never share a file. */
const PLAIN = /[A-Za-z0-9_-]/;

/** The file's name for an id, or undefined for an id that cannot be: an empty or a too long one. */
export function fileOf(id: string): string | undefined {
  // A lone surrogate has no bytes of its own: two such ids would be one file.
  if (id === '' || Buffer.from(id).toString() !== id) return undefined;
  let name = '';
  for (const byte of Buffer.from(id)) {
    const character = String.fromCharCode(byte);
    // A full stop may not come first: '.' and '..' are directories, and names with one in front are ours.
    const plain = PLAIN.test(character) || (character === '.' && name !== '');
    name += plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return name.length <= MOST ? name : undefined;
}

/** The id that a file is of, or undefined when it is no object. */
export function idOf(file: string): string | undefined {
  if (file.startsWith('.')) return undefined;
  try {
    const id = decodeURIComponent(file);
    return fileOf(id) === file ? id : undefined;
  } catch {
    return undefined;
  }
}
