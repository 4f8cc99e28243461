/** The objects that are asked for must be there before a load begins. */
import { Readable } from 'node:stream';
import { fileOf } from '../store/ids.ts';
import { Objects } from '../store/objects.ts';
import type { Client } from './client.ts';
import { type Mix, OBJECT_PATH, seeds } from './requests.ts';

/** Through the store, those that it lacks. @throws when it does not take them, with `code` ERR_LOAD */
export async function putSeeds(client: Client, mix: Mix, deadline: number, origin: string): Promise<void> {
  const there = await client.list(deadline);
  for (const seed of seeds(mix)) {
    if (there.has(seed.path.slice(OBJECT_PATH.length))) continue;
    const { kind } = await client.send(seed, deadline);
    if (kind !== 'ok')
      throw Object.assign(new Error(`${origin} does not take objects: PUT ${seed.path} came to '${kind}'`), {
        code: 'ERR_LOAD',
      });
  }
}

/** Into the directory itself: through the store, a controller would take it for load. */
export async function placeSeeds(directory: string, mix: Mix): Promise<void> {
  const objects = new Objects(directory, 'load', mix.size);
  await objects.prepare();
  for (const { path, body } of seeds(mix))
    await objects.write(fileOf(path.slice(OBJECT_PATH.length)) as string, Readable.from([body]));
}
