/** LXC's files of system call rules, lxc.container.conf(5) "SECCOMP CONFIGURATION", as the library's option. */
import type { SeccompOption } from 'cofferdam';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/errors.ts';
import type { Host } from './host.ts';

/** Architectures whose sections count: the library makes its filter for all that the machine runs. */
const SECTION = /^\[(.*)\]$/;
/** A word that LXC expands to rules of its own: no forced unmounts. CAP_SYS_ADMIN, which they take, is not given. */
const WORDS: readonly string[] = ['reject_force_umount'];

/** Version 2: 'NAME [errno N|allow|kill|trap|notify]' a line, after the version and the policy. */
export function seccompOf({ seccompProfile: file }: Config, host: Host): SeccompOption {
  if (file === undefined || file === 'none') return 'default';
  let text: string;
  try {
    text = host.read(file);
  } catch (error) {
    throw new ConfigError([`lxc.seccomp.profile: ${(error as Error).message}`]);
  }
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const [version, policy = ''] = lines.filter((line) => line !== '');
  const [kind = ''] = policy.split(/\s+/);
  const denies = /^(denylist|blacklist)$/.test(kind);
  if (version !== '2' || (!denies && !/^(allowlist|whitelist)$/.test(kind)))
    throw new ConfigError([`${file}: must begin with the lines 2, and denylist or allowlist`]);
  const names = lines
    .filter((line) => line !== '' && !SECTION.test(line))
    .slice(2)
    .map((line) => line.split(/\s+/)[0] as string)
    .filter((name) => !WORDS.includes(name));
  if (denies) return { deny: names };
  return { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] };
}
