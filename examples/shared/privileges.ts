/** Containers need root: said with the command that keeps this user's Node. */

/** @throws an error with code ERR_PERMISSION */
export function requireRoot(script: string): void {
  if (process.geteuid?.() === 0) return;
  const words = process.argv
    .slice(2)
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  const line = `sudo env "PATH=$PATH" npm run ${[script, ...(words.length > 0 ? ['--', ...words] : [])].join(' ')}`;
  throw Object.assign(new Error(`containers need root: ${line}`), { code: 'ERR_PERMISSION' });
}
