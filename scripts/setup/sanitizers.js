import { execFileSync } from 'node:child_process';
import { buildDirectory } from './cmake.js';

/**
 * The environment in which Node loads the addon of `npm run dev:asan`. The run time must be there before Node is, hence
 * the preload; Node itself frees little at its end, so leaks cannot be told from its habits.
 */
export function sanitizerEnvironment() {
  const runtime = execFileSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
  return {
    LD_PRELOAD: runtime,
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:disable_coredump=0',
    UBSAN_OPTIONS: 'print_stacktrace=1',
    COFFERDAM_PREBUILD: buildDirectory('asan'),
  };
}
