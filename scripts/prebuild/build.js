import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { headersPrefix } from '../setup/headers.js';
import { giveBack } from '../setup/owner.js';
import { Stop } from '../setup/say.js';
import { step } from '../setup/step.js';
import { inTree, tree } from '../setup/tree.js';
import { stage } from './stage.js';
import { gnu } from './targets.js';
import { muslCompiler } from './zig.js';

/** The oldest Node that we load on; Node-API needs no headers of another. */
const NODE = '20.19.0';
const LAUNCHER = 'cofferdam-launcher';

const compilers = (target, directory) =>
  target.libc === 'musl'
    ? { CC: muslCompiler(target, 'cc', `${directory}/bin`), CXX: muslCompiler(target, 'c++', `${directory}/bin`) }
    : { CC: gnu(target, 'gcc'), CXX: gnu(target, 'g++') };

/** Build one target with prebuildify: prebuilds/linux-ARCH/cofferdam.LIBC.node, and the launcher beside it. */
export function build(target) {
  const directory = stage(target);
  const output = inTree('prebuilds', `linux-${target.arch}`);
  const prefix = headersPrefix();
  step(
    `prebuildify ${target.name}`,
    process.execPath,
    [
      inTree('node_modules/prebuildify/bin.js'),
      '--napi',
      '--strip',
      `--strip-bin=${gnu(target, 'strip')}`,
      '--tag-libc',
      `--libc=${target.libc}`,
      `--arch=${target.arch}`,
      `--target=${NODE}`,
      `--cwd=${directory}`,
      `--out=${tree}`,
    ],
    {
      cwd: directory,
      env: { JOBS: 'max', ...compilers(target, directory), ...(prefix && { npm_config_nodedir: prefix }) },
    },
  );
  const launcher = `${directory}/build/Release/${LAUNCHER}`;
  const beside = `${output}/${LAUNCHER}`;
  if (target.libc === 'glibc') copyFileSync(launcher, beside);
  else if (!existsSync(beside) || !readFileSync(launcher).equals(readFileSync(beside)))
    throw new Stop(
      `${target.name}: the launcher differs from the one of linux-${target.arch}-glibc, which shares its file`,
    );
  giveBack(inTree('prebuilds'), inTree('build'));
}
