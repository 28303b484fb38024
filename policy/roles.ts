/** A customer's role on a domain, as stored for each pair. */
export const ROLES = ['owner', 'operator', 'watcher'] as const;

export type Role = (typeof ROLES)[number];

export function isRole(value: string): value is Role {
  return (ROLES as readonly string[]).includes(value);
}
