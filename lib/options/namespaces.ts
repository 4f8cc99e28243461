/** Where each namespace comes from. */
import { absolutePath, bare, type Check, fields, integer, invalidType, invalidValue, member } from './check.ts';
import { DEFAULTS } from './defaults.ts';
import { id } from './names.ts';
import type { NamespaceHolder, NamespaceName, NamespaceOption } from './types.ts';

export const NAMESPACE_OPTIONS = Object.keys(DEFAULTS.namespaces) as readonly NamespaceName[];

/** PID_MAX_LIMIT of the kernel. */
const MOST_PID = 2 ** 22;
const EXPECTED = "'new', 'host', { path }, { pid }, { container }, a container or a sandbox";
const joinFields = fields({ path: absolutePath, pid: integer({ least: 1, most: MOST_PID }), container: id });

export const isHolder = (value: object): value is NamespaceHolder =>
  'openNamespace' in value && typeof value.openNamespace === 'function';

const namespace: Check<NamespaceOption> = (value, option) => {
  if (value === 'new' || value === 'host') return value;
  if (typeof value === 'string') throw invalidValue(option, `must be ${EXPECTED}`, value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidType(option, EXPECTED, value);
  if (isHolder(value)) return value;
  const { path, pid, container } = joinFields(value, option);
  if (path !== undefined && pid !== undefined)
    throw invalidValue(member(option, 'pid'), `contradicts ${member(option, 'path')}`, pid, 'give one of them');
  if (path !== undefined) return bare({ path });
  if (pid !== undefined) return bare({ pid });
  if (container !== undefined) return bare({ container });
  throw invalidType(option, EXPECTED, value);
};

export const namespaces = fields(
  Object.fromEntries(NAMESPACE_OPTIONS.map((name) => [name, namespace])) as Record<
    NamespaceName,
    Check<NamespaceOption>
  >,
);
