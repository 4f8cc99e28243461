/** Import this first: the state of this test file is its own, so that files may run side by side. */
import { temporary } from './rootfs.ts';

process.env.COFFERDAM_ROOT = temporary('root');
export const root = process.env.COFFERDAM_ROOT;
