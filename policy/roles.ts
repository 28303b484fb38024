/** What a customer can be to a domain. The stored row customer × domain carries one of these. */
export const ROLES = ['owner', 'operator', 'watcher'] as const;

export type Role = (typeof ROLES)[number];

export function isRole(value: string): value is Role {
  return (ROLES as readonly string[]).includes(value);
}
