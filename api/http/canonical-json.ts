/** JSON with the members of every object in order: equal contents give equal text. */
export const canonicalJson = (value: unknown): string => JSON.stringify(value, inOrder);

function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
