/** The tarball installed into an empty project, and used as its users do. */
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { copy, installed, run, tree } from './project.ts';


const path = await installed({
  'esm.mjs': "import { createContainer, probe } from 'cofferdam';\nimport * as raw from 'cofferdam/native';\nconsole.log(typeof createContainer, typeof probe, typeof raw.mount);\n",
  'cjs.cjs': "const { createContainer, probe } = require('cofferdam');\nconst raw = require('cofferdam/native');\nconsole.log(typeof createContainer, typeof probe, typeof raw.mount);\n",
  'use.ts':
    "import { type Container, createContainer, type RunResult } from 'cofferdam';\n" +
    "import { mount } from 'cofferdam/native';\n" +
    'export async function first(): Promise<RunResult> {\n' +
    "  await using box: Container = await createContainer({ rootfs: '/srv/root', resources: { memory: 2 ** 20 } });\n" +
    "  return box.run(['true']);\n" +
    '}\n' +
    'export const call = mount;\n',
  'wrong.ts': "import { createContainer } from 'cofferdam';\nawait createContainer({ rootfs: '/srv/root', hostnam: 'x' });\n",
  'probe.mjs': "import { probe } from 'cofferdam';\nconst answer = await probe();\nconsole.log(typeof answer);\n",
  'missing.mjs':
    "import { createContainer } from 'cofferdam';\nconsole.log('imported');\n" +
    "try { await (await createContainer({ rootfs: '/' })).run(['true']); } catch (error) { console.log(error.code, error.message); }\n",
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(tree, 'node_modules/@types')],
    },
    files: ['use.ts'],
  }),
});
