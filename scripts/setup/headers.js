import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The prefix of this Node when its headers lie beside it, so that node-gyp need not fetch them; else undefined. */
export function headersPrefix() {
  const prefix = resolve(dirname(process.execPath), '..');
  return existsSync(`${prefix}/include/node/node_api.h`) ? prefix : undefined;
}
