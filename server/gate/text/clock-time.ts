/** `17:04:10 UTC` @param at ISO 8601 */
export function clockTime(at: string): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}
