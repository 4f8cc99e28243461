/** `cloner top`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RunningContainers } from 'cofferdam';
import { type Invocation, style, UsageError } from '../../shared/command-line.ts';
import { hasScreen, onScreen } from '../../shared/screen.ts';
import { defaultPath, libraryName, namesIn, placesOf } from '../places.ts';
import type { TOP } from '../table/look.ts';
import { BATCH_HEADING, batchLines, type SortKey, sorted, topTable, type Use, useOf } from '../top-table.ts';

const isSortKey = (key: string): key is SortKey => ['n', 'c', 'b', 'm'].includes(key);

export async function top({ values }: Invocation<(typeof TOP)['options']>): Promise<number> {
  const path = values.lxcpath ?? defaultPath();
  if (values.delay < 0.1) throw new UsageError('--delay: must be 0.1 or more');
  const running = new RunningContainers();
  const order = { key: values.sort as SortKey, reverse: values.reverse };
  let uses: Use[] = [];
  const refresh = () => {
    const names = new Map(namesIn(path).map((name) => [libraryName(placesOf(path, name)), name]));
    uses = running.refresh().flatMap((each) => {
      const name = names.get(each.id);
      return name === undefined ? [] : [useOf(name, each.stats())];
    });
  };
  const inOrder = () => sorted(uses, order.key, order.reverse);
  try {
    if (values.batch) {
      process.stdout.write(`${BATCH_HEADING}\n`);
      for (;;) {
        refresh();
        for (const line of batchLines(inOrder(), Date.now())) process.stdout.write(`${line}\n`);
        await sleep(values.delay * 1000);
      }
    }
    if (!hasScreen()) {
      refresh();
      for (const line of topTable(inOrder())) process.stdout.write(`${line}\n`);
      return 0;
    }
    const { bold } = style(process.stdout);
    await onScreen({
      interval: values.delay * 1000,
      refresh,
      draw: (columns) =>
        topTable(inOrder()).map((line, index) => (index < 2 ? bold(line.slice(0, columns)) : line.slice(0, columns))),
      onKey(key) {
        if (key === 'r') order.reverse = !order.reverse;
        else if (isSortKey(key)) order.key = key;
      },
    });
    return 0;
  } finally {
    running.close();
  }
}
