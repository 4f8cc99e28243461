/** `cloner logs`. */
import type { Invocation } from '../../shared/command-line.ts';
import { opened, placesFor, requireDefined } from '../found.ts';
import type { LOGS } from '../table/look.ts';

export async function logs({ values, words }: Invocation<(typeof LOGS)['options']>): Promise<number> {
  const places = placesFor(values, words);
  requireDefined(places);
  const container = await opened(places);
  if (!container) return 0;
  for await (const { data } of container.logs({ follow: values.follow }))
    if (!process.stdout.write(data)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  return 0;
}
