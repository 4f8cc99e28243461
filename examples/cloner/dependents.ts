/** Which containers have their files on those of another one. */
import { readFileSync } from 'node:fs';
import { parseConfig } from './config/read.ts';
import { namesIn, type Places, placesOf } from './places.ts';

/** Names of the overlay copies of a container, in its directory. */
export function copiesOf({ path, name, directory }: Places): string[] {
  return namesIn(path).filter((other) => {
    if (other === name) return false;
    const { config } = placesOf(path, other);
    let text: string;
    try {
      text = readFileSync(config, 'utf8');
    } catch {
      // Gone while it was looked at.
      return false;
    }
    const { root } = parseConfig(text, config).config;
    return root?.kind === 'overlay' && root.lower.some((layer) => layer.startsWith(`${directory}/`));
  });
}
