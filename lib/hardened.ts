/** Data that nothing put on Object.prototype can add to: without prototypes and frozen, all the way down. */
export function hardened<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(hardened)) as Value;
  const bare = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of Object.entries(value)) bare[key] = hardened(member);
  return Object.freeze(bare) as Value;
}
