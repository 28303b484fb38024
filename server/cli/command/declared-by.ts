/**
 * The file that declares a row, for a table: `-` for a row that was made by hand.
 *
 * @param declared undefined: an older gate, not upgraded yet, does not send it
 */
export function declaredBy(declared: string | null | undefined): string {
  return declared ?? '-';
}
