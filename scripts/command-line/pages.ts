/** Everything that is generated from the tables of command lines: path in the tree → text. */
import { CLONER } from '../../examples/cloner/table/index.ts';
import { MINIDOCKER } from '../../examples/minidocker/options.ts';
import { VERSION } from '../../examples/shared/package.ts';
import { COFFERDAM } from '../../lib/cli/cofferdam.ts';
import type { Command } from '../../lib/cli/command.ts';
import { bashCompletion, zshCompletion } from './completion.ts';
import { manPage } from './man.ts';

const COMMANDS: readonly Command[] = [COFFERDAM, MINIDOCKER as Command, CLONER];

export const pages = (): ReadonlyMap<string, string> =>
  new Map(
    COMMANDS.flatMap((command) => [
      [`man/${command.name}.1`, manPage(command, VERSION)] as const,
      [`completions/${command.name}.bash`, bashCompletion(command)] as const,
      [`completions/_${command.name}`, zshCompletion(command)] as const,
    ]),
  );
